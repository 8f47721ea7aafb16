#define _GNU_SOURCE
#include "report/subprocess.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_COMPLAINT = 400 };

/* What the parent holds of a child: its files, and the end of the pipe that it complains into. */
typedef struct child {
    const char *name;
    FILE *input, *output;
    int complaints;
    pid_t pid;
} child;

static dear_status open_files(child *c, const char *input, size_t length, dear_error *err) {
    c->input = tmpfile();
    c->output = tmpfile();
    if (!c->input || !c->output)
        return error_errno(err, "a temporary file");
    if (fwrite(input, 1, length, c->input) != length || fflush(c->input) != 0)
        return error_errno(err, "a temporary file");
    rewind(c->input);
    return DEAR_OK;
}

static void close_files(child *c) {
    if (c->input)
        fclose(c->input);
    if (c->output)
        fclose(c->output);
}

static int spawn_with(child *c, const char *const *argv, int complaints) {
    posix_spawn_file_actions_t actions;
    int code = posix_spawn_file_actions_init(&actions);
    if (code)
        return code;
    const int from[] = {fileno(c->input), fileno(c->output), complaints};
    for (int fd = 0; fd < 3 && !code; fd++)
        code = posix_spawn_file_actions_adddup2(&actions, from[fd], fd);
    if (!code)
        code = posix_spawnp(&c->pid, argv[0], &actions, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

static dear_status start(child *c, const char *const *argv, dear_error *err) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_errno(err, "a pipe");
    int code = spawn_with(c, argv, ends[1]);
    close(ends[1]);
    c->complaints = ends[0];
    if (!code)
        return DEAR_OK;
    close(ends[0]);
    if (code == ENOENT)
        return error_set(err, DEAR_ERROR_IO, "%s is not installed: no such program in PATH",
                         c->name);
    return error_set(err, DEAR_ERROR_IO, "%s cannot be started: %s", c->name, strerror(code));
}

/* Reads the child's complaints until it closes them, as it does by ending; false: time is up. */
static bool listen(const child *c, double deadline, strbuf *complaints) {
    char chunk[4096];
    struct pollfd waiting = {.fd = c->complaints, .events = POLLIN};
    for (;;) {
        double left = deadline - clock_seconds();
        if (left <= 0)
            return false;
        if (poll(&waiting, 1, (int)(left * 1e3) + 1) <= 0)
            continue;
        ssize_t n = read(c->complaints, chunk, sizeof chunk);
        if (n == 0)
            return true;
        if (n > 0 && complaints->length < MAX_COMPLAINT)
            strbuf_append(complaints, chunk, (size_t)n);
    }
}

static int wait_for(pid_t pid) {
    int result = 0;
    while (waitpid(pid, &result, 0) < 0 && errno == EINTR)
        continue;
    return result;
}

static const char *reason(const strbuf *complaints) {
    if (!complaints->text)
        return "it does not say why";
    return complaints->text + strspn(complaints->text, " \n");
}

static dear_status finish(const child *c, double seconds, dear_error *err) {
    strbuf complaints = {0};
    bool in_time = listen(c, clock_seconds() + seconds, &complaints);
    if (!in_time)
        kill(c->pid, SIGKILL);
    int result = wait_for(c->pid);
    dear_status status = DEAR_OK;
    if (!in_time)
        status =
            error_set(err, DEAR_ERROR_IO, "%s was not done after %g seconds", c->name, seconds);
    else if (!WIFEXITED(result) || WEXITSTATUS(result) != 0)
        status = error_set(err, DEAR_ERROR_IO, "%s failed: %.*s", c->name, MAX_COMPLAINT,
                           reason(&complaints));
    strbuf_free(&complaints);
    return status;
}

static dear_status read_output(FILE *stream, strbuf *output, dear_error *err) {
    char chunk[4096];
    rewind(stream);
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, stream)) > 0;)
        strbuf_append(output, chunk, n);
    if (ferror(stream))
        return error_errno(err, "a temporary file");
    return output->failed ? error_memory(err) : DEAR_OK;
}

static dear_status run_child(child *c, const char *const *argv, double seconds, strbuf *output,
                             dear_error *err) {
    TRY(start(c, argv, err));
    dear_status status = finish(c, seconds, err);
    close(c->complaints);
    return status == DEAR_OK ? read_output(c->output, output, err) : status;
}

dear_status subprocess_run(const char *const *argv, const char *input, size_t input_length,
                           double seconds, strbuf *output, dear_error *err) {
    child c = {.name = argv[0]};
    dear_status status = open_files(&c, input, input_length, err);
    if (status == DEAR_OK)
        status = run_child(&c, argv, seconds, output, err);
    close_files(&c);
    return status;
}
