#!/usr/bin/env bash
# dear models: what it lists, and pulls from a hub on this machine, one that stalls and one that lies.
source "$(dirname "$0")/harness.sh"

hub_server=$BUILD/tests/hub_server
unset HF_TOKEN HF_HUB_OFFLINE HF_HOME HF_HUB_CACHE XDG_CACHE_HOME
export HOME=$work/home no_proxy=127.0.0.1
pulled=$HOME/.cache/dear/models/test--model

# serve DIRECTORY MISCHIEF: a hub with that directory as test/model, until the next serve.
serve() {
    [ -z "${HUB_PID:-}" ] || stop_serving
    coproc HUB { "$hub_server" "$1" "$2"; }
    read -r HF_ENDPOINT <&"${HUB[0]}"
    export HF_ENDPOINT
}
stop_serving() {
    local pid=$HUB_PID
    eval "exec ${HUB[1]}>&-"
    wait "$pid"
}

run models
expect 2 "models without a verb"
run models fetch
expect_in err "list, info and pull" "models with an unknown verb"
expect 2 "models with an unknown verb"
for verb in list info pull; do
    run models $verb --help
    expect 0 "models $verb --help"
    expect_in out "^Usage: dear models $verb" "models $verb --help"
    run models $verb --no-such-option
    expect 2 "models $verb --no-such-option"
done
run models list stray
expect 2 "models list with an argument"
for verb in info pull; do
    run models $verb
    expect 2 "models $verb without a name"
    run models $verb a/b c/d
    expect 2 "models $verb with two names"
done

run models list
expect 0 "models list"
expect_in out "^dear-3b-ce-lora .*not here$" "models list"
expect_in out "^rankllama-13b-teacher .*not here$" "models list"
run models info dear-8b-ce
expect 0 "models info of a known model"
expect_in out "abdoelsayed/dear-8b-reranker-ce-v1" "models info"
expect_in out "not on this machine" "models info"
run models info no/such
expect_error 1 "models info of a model that is not here" "dear models pull no/such"
run models pull smollm2-135m
expect_error 1 "the default model is on no hub" "make model"
for name in no-such ../x a/b/c "a/b?c"; do
    run models pull "$name"
    expect_error 2 "models pull $name" "ORG/NAME"
done

serve "$tiny_model" honest
HF_HUB_OFFLINE=1 run models pull test/model
expect_error 1 "models pull without the network" HF_HUB_OFFLINE
run models pull other/model
expect_error 1 "models pull of what the hub lacks" "other/model.*no such model"
expect_no "$HOME/.cache/dear" "a pull that failed"
run models pull test/model
expect 0 "models pull"
[ ! -s err ] || complain "models pull is quiet without a terminal"
expect_in out "^test/model is here: $pulled " "models pull says where the model is"
expect_same "$tiny_model/model.safetensors" "$pulled/model.safetensors" "what was pulled"
run models list
expect_in out "^test/model .*$pulled$" "models list shows what was pulled"
run models info test/model
expect_in out "model.safetensors$" "models info shows the files"

rerank --query "which?" "$SHIPPED/noveleval/queries.tsv"
expect 0 "rerank by a model's path"
mv out by_path
run rerank --model test/model --precision f32 --query "which?" "$SHIPPED/noveleval/queries.tsv"
expect 0 "rerank by a model's name"
expect_same by_path out "a model by its path and by its name"

cp -r "$GOLDEN/gqa-tied/lora-seqcls" adapter
chmod -R u+w adapter
sed -i 's|"\.\./seqcls"|"other/base"|' adapter/adapter_config.json
serve adapter honest
run models pull test/model
expect 0 "models pull of an adapter"
expect_in out "dear models pull other/base" "models pull of an adapter tells of its base"
expect_no "$pulled/model.safetensors" "what the hub no longer has"
run models pull test/model --with-base
expect_error 1 "models pull --with-base" "other/base.*no such model"

rm -r "$pulled"
serve "$tiny_model" corrupt
run models pull test/model
expect_error 1 "models pull of corrupt files" "checksum"
run rerank --model test/model --query "which?" "$SHIPPED/noveleval/queries.tsv"
expect_error 1 "a half-pulled model is none" "dear models pull test/model"

serve "$tiny_model" stall
"$DEAR" models pull test/model >out 2>err &
for _ in $(seq 100); do
    parts=("$pulled"/*.part)
    [ ! -s "${parts[0]}" ] || break
    sleep 0.1
done
kill -TERM $!
status=0
wait $! || status=$?
command_line="dear models pull test/model, interrupted"
expect_error 1 "an interrupted pull" "dear models pull test/model.* goes on"
serve "$tiny_model" honest
run models pull test/model
expect 0 "models pull after an interrupt"
expect_same "$tiny_model/model.safetensors" "$pulled/model.safetensors" "what was pulled in two goes"
stop_serving

finish
