#include "retrieve/stopwords.h"

#include <stdlib.h>
#include <string.h>

/* In the order of strcmp. */
static const char *const short_list[] = {
    "a",   "an",    "and",  "are",   "as",    "at",   "be",   "but", "by",  "for",  "if",
    "in",  "into",  "is",   "it",    "no",    "not",  "of",   "on",  "or",  "such", "that",
    "the", "their", "then", "there", "these", "they", "this", "to",  "was", "will", "with"};

/* It would give each word a line: */
/* clang-format off */
static const char *const long_list[] = {
    "a", "able", "about", "above", "according", "accordingly", "across", "actually", "after",
    "afterwards", "again", "against", "al", "all", "almost", "alone", "along", "alongside",
    "already", "also", "although", "always", "am", "amid", "among", "amongst", "an", "and",
    "another", "any", "anybody", "anyhow", "anyone", "anything", "anyway", "anywhere", "apart",
    "appear", "appears", "are", "aren't", "around", "as", "at", "away", "back", "be", "became",
    "because", "become", "becomes", "becoming", "been", "before", "beforehand", "behind", "being",
    "below", "beneath", "beside", "besides", "between", "beyond", "both", "but", "by", "came",
    "can", "can't", "cannot", "certain", "certainly", "clearly", "come", "comes", "concern",
    "concerning", "consequently", "consider", "considered", "considering", "contain", "containing",
    "contains", "corresponding", "could", "couldn't", "currently", "despite", "did", "didn't", "do",
    "does", "doesn't", "doing", "don't", "done", "down", "during", "each", "eg", "either", "else",
    "elsewhere", "enough", "especially", "et", "etc", "even", "ever", "every", "everybody",
    "everyone", "everything", "everywhere", "except", "far", "few", "fewer", "first", "follow",
    "followed", "following", "follows", "for", "former", "formerly", "from", "further",
    "furthermore", "generally", "get", "gets", "getting", "give", "given", "gives", "giving", "go",
    "goes", "going", "gone", "got", "had", "hadn't", "half", "happen", "happens", "hardly", "has",
    "hasn't", "have", "haven't", "having", "he", "he'd", "he'll", "hello", "hence", "her", "here",
    "hereafter", "hereby", "herein", "hers", "herself", "him", "himself", "his", "hitherto", "how",
    "however", "i", "i'd", "i'll", "i'm", "i've", "ie", "if", "in", "indeed", "indicate",
    "indicated", "indicates", "inside", "instead", "into", "is", "isn't", "it", "it'd", "it'll",
    "its", "itself", "just", "keep", "keeps", "kept", "know", "known", "knows", "largely", "last",
    "later", "latter", "latterly", "least", "less", "lest", "let", "let's", "like", "likewise",
    "made", "mainly", "make", "makes", "making", "many", "may", "maybe", "me", "meanwhile",
    "merely", "might", "mightn't", "mine", "more", "moreover", "most", "mostly", "much", "must",
    "mustn't", "my", "myself", "namely", "near", "nearly", "need", "needn't", "neither", "never",
    "nevertheless", "no", "nobody", "none", "nonetheless", "nor", "not", "nothing", "now",
    "nowhere", "of", "off", "often", "oh", "ok", "on", "once", "one", "oneself", "only", "onto",
    "opposite", "or", "other", "others", "otherwise", "ought", "our", "ours", "ourselves", "out",
    "outside", "over", "own", "particularly", "past", "per", "perhaps", "please", "possibly",
    "probably", "provide", "provided", "put", "quite", "rather", "really", "recently", "regarding",
    "relatively", "respectively", "round", "said", "same", "say", "saying", "says", "second", "see",
    "seem", "seemed", "seeming", "seems", "seen", "sees", "seldom", "several", "shall", "shan't",
    "she", "she'd", "she'll", "should", "shouldn't", "show", "shown", "shows", "simply", "since",
    "so", "some", "somebody", "somehow", "someone", "something", "sometime", "sometimes",
    "somewhat", "somewhere", "soon", "sorry", "specifically", "still", "such", "take", "taken",
    "takes", "taking", "tell", "tells", "than", "thank", "thanks", "that", "that'll", "the",
    "their", "theirs", "them", "themselves", "then", "thence", "there", "there'll", "thereafter",
    "thereby", "therefore", "therein", "thereupon", "these", "they", "they'd", "they'll", "they're",
    "they've", "think", "thinks", "this", "those", "though", "three", "through", "throughout",
    "thus", "till", "to", "together", "told", "too", "toward", "towards", "tried", "tries", "try",
    "two", "typically", "under", "underneath", "unless", "unlike", "until", "up", "upon", "us",
    "use", "used", "uses", "using", "usually", "various", "versus", "very", "via", "viz", "vs",
    "want", "wanted", "wants", "was", "wasn't", "we", "we'd", "we'll", "we're", "we've", "well",
    "went", "were", "weren't", "what", "whatever", "when", "whenever", "where", "whereas",
    "whereby", "wherein", "whereupon", "wherever", "whether", "which", "whichever", "while",
    "whilst", "who", "who'd", "who'll", "whoever", "whom", "whose", "why", "will", "with", "within",
    "without", "won't", "would", "wouldn't", "yes", "yet", "you", "you'd", "you'll", "you're",
    "you've", "your", "yours", "yourself", "yourselves"};
/* clang-format on */

static const struct list {
    const char *name;
    const char *const *words;
    size_t count;
} lists[] = {
    [STOPWORDS_NONE] = {"none", NULL, 0},
    [STOPWORDS_SHORT] = {"short", short_list, sizeof short_list / sizeof *short_list},
    [STOPWORDS_LONG] = {"long", long_list, sizeof long_list / sizeof *long_list},
};

bool stopwords_parse(stopwords *out, const char *name) {
    for (stopwords s = STOPWORDS_NONE; s <= STOPWORDS_LONG; s++) {
        if (strcmp(name, lists[s].name) == 0) {
            *out = s;
            return true;
        }
    }
    return false;
}

const char *stopwords_name(stopwords list) {
    return lists[list].name;
}

typedef struct key {
    const char *word;
    size_t length;
} key;

static int compare(const void *wanted, const void *entry) {
    const key *k = wanted;
    const char *word = *(const char *const *)entry;
    int order = strncmp(k->word, word, k->length);
    return order ? order : -(word[k->length] != 0);
}

bool stopwords_have(stopwords list, const char *word, size_t length) {
    const struct list *l = &lists[list];
    key k = {word, length};
    return l->count && bsearch(&k, l->words, l->count, sizeof *l->words, compare);
}
