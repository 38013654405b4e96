/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/pickle.h"

static vq_error err;
static const char *const names[] = {"a.b", "known.Class", NULL};

static vq_status parse(pickle *p, const char *bytes, size_t size)
{
    unsigned char *copy = malloc(size + 1); /* alone: ASan sees every overrun */
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    vq_status status = pickle_parse(p, copy, size, names,
                                    (pickle_place){.name = "p", .at = 100}, &err);
    if (status == VQ_OK)
        for (int i = 1; i < p->n; i++) /* texts are looked at after the copy is gone */
            if (p->value[i].type == PICKLE_TEXT || p->value[i].type == PICKLE_LONG)
                p->value[i].text = bytes + (p->value[i].text - (const char *)copy);
    free(copy);
    return status;
}

#define PARSE(p, text) assert_ok(parse((p), (text), sizeof(text) - 1), &err)

/* A tree as text: (1,None) [..] {k:v} name call<callee,args> <persistent>. */
static void show(const pickle *p, int v, int depth, char *to, size_t size)
{
    static const char *const open[] = {[PICKLE_TUPLE] = "(",
                                       [PICKLE_LIST] = "[",
                                       [PICKLE_DICT] = "{",
                                       [PICKLE_SET] = "<"};
    const pickle_value *x = &p->value[v];
    size_t n = strlen(to);
    to += n;
    size -= n;
    switch (x->type) {
    case PICKLE_NONE:
        snprintf(to, size, "None");
        break;
    case PICKLE_BOOL:
        snprintf(to, size, x->integer ? "True" : "False");
        break;
    case PICKLE_INT:
        snprintf(to, size, "%lld", (long long)x->integer);
        break;
    case PICKLE_LONG:
        snprintf(to, size, "long%zu", x->size);
        break;
    case PICKLE_FLOAT:
        snprintf(to, size, "float");
        break;
    case PICKLE_TEXT:
        snprintf(to, size, "'%.*s'", (int)x->size, x->text);
        break;
    case PICKLE_NAME:
        snprintf(to, size, "%s", names[x->integer] ? names[x->integer] : "?");
        break;
    case PICKLE_CALL:
        snprintf(to, size, "call ");
        show(p, x->callee, depth + 1, to, size);
        show(p, x->args, depth + 1, to, size);
        break;
    case PICKLE_PERSISTENT:
        snprintf(to, size, "@");
        show(p, x->args, depth + 1, to, size);
        break;
    case PICKLE_TUPLE:
    case PICKLE_LIST:
    case PICKLE_DICT:
    case PICKLE_SET:
        snprintf(to, size, "%s", open[x->type]);
        break;
    }
    for (int c = depth < 4 ? x->first : 0; c; c = p->cell[c].next) {
        show(p, p->cell[c].value, depth + 1, to, size);
        snprintf(to + strlen(to), size - strlen(to), p->cell[c].next ? "," : "");
    }
    if (x->type >= PICKLE_TUPLE && x->type <= PICKLE_SET)
        snprintf(to + strlen(to), size - strlen(to), ".");
}

/* Each opcode does what Python's pickletools say of it. */
static const struct {
    const char *bytes;
    size_t size;
    const char *want;
} programs[] = {
#define P(bytes, want)                                                                 \
    {                                                                                  \
        bytes, sizeof(bytes) - 1, want                                                 \
    }
    P("\x80\2N.", "None"),
    P("\x88.", "True"),
    P("\x89.", "False"),
    P("K\xff.", "255"),
    P("M\1\2.", "513"),
    P("J\xff\xff\xff\xff.", "-1"),
    P("\x8a\0.", "0"),
    P("\x8a\1\xff.", "-1"),
    P("\x8a\2\xff\0.", "255"),
    P("\x8a\x8\0\0\0\0\0\0\0\x80.", "-9223372036854775808"),
    P("\x8a\x9\0\0\0\0\0\0\0\0\1.", "long9"),
    P("\x8b\1\0\0\0\5.", "5"),
    P("G\0\0\0\0\0\0\0\0.", "float"),
    P("X\2\0\0\0ab.", "'ab'"),
    P("\x8c\2ab.", "'ab'"),
    P("\x8d\2\0\0\0\0\0\0\0ab.", "'ab'"),
    P("T\2\0\0\0ab.", "'ab'"),
    P("U\2ab.", "'ab'"),
    P("B\2\0\0\0ab.", "'ab'"),
    P("C\2ab.", "'ab'"),
    P("\x8e\2\0\0\0\0\0\0\0ab.", "'ab'"),
    P("\x96\2\0\0\0\0\0\0\0ab.", "'ab'"),
    P(").", "(."),
    P("].", "[."),
    P("}.", "{."),
    P("\x8f.", "<."),
    P("(K\1K\2t.", "(1,2."),
    P("(t.", "(."),
    P("K\0(K\1(K\2tt\x86.", "(0,(1,(2..."),
    P("(K\1K\2l.", "[1,2."),
    P("(K\1K\2d.", "{1,2."),
    P("(K\1\x91.", "<1."),
    P("K\1\x85.", "(1."),
    P("K\1K\2\x86.", "(1,2."),
    P("K\1K\2K\3\x87.", "(1,2,3."),
    P("]K\1a.", "[1."),
    P("](K\1K\2e.", "[1,2."),
    P("](e.", "[."),
    P("}K\1K\2s.", "{1,2."),
    P("}(K\1K\2K\3K\4u.", "{1,2,3,4."),
    P("\x8f(K\1\x90.", "<1."),
    P("K\1K\2"
      "0.",
      "1"),
    P("K\1(K\2K\3"
      "1.",
      "1"),
    P("K\1"
      "2\x86.",
      "(1,1."),
    P("K\1q\0"
      "0h\0.",
      "1"),
    P("K\1r\1\0\0\0"
      "0j\1\0\0\0.",
      "1"),
    P("K\1\x94K\2\x94h\0h\1\x87.", "(2,1,2."),
    P("K\1r\0\1\0\0"
      "0j\0\1\0\0.",
      "1"),
    P("ca\nb\n.", "a.b"),
    P("cknown\nClass\n.", "known.Class"),
    P("cos\nsystem\n.", "?"),
    P("\x8c\1a\x8c\1b\x93.", "a.b"),
    P("ca\nb\n)R.", "call a.b(."),
    P("ca\nb\n)\x81.", "call a.b(."),
    P("ca\nb\n)RNb.", "call a.b(."),
    P("ca\nb\n)RK\1K\2s.", "call a.b(.1,2"),
    P("ca\nb\n)RK\1a.", "call a.b(.1"),
    P("K\1\x85Q.", "@(1."),
    P("\x80\4\x95\2\0\0\0\0\0\0\0N.", "None"),
    P("]q\0h\0a.", "[[[[[....."), /* a list in itself */
};

static void test_pickle__each_opcode(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        pickle p;
        char text[256] = "";
        assert_ok(parse(&p, programs[i].bytes, programs[i].size), &err);
        show(&p, p.root, 0, text, sizeof text);
        if (strcmp(text, programs[i].want) != 0)
            fail_msg("program %zu: '%s', want '%s'", i, text, programs[i].want);
        assert_int_equal(p.end, programs[i].size);
        pickle_release(&p);
    }
}

static const struct {
    const char *bytes;
    size_t size;
    const char *want;
} faults[] = {
    P("", "'p': pickle, before byte 100: it ends there"),
    P("N", "before byte 101: it ends there"),
    P("K", "it ends there"),
    P("X\xff\xff\xff\xff", "a text goes past the end"),
    P("\x8d\xff\xff\xff\xff\xff\xff\xff\xff"
      "a",
      "a text goes past the end"),
    P("\x8b\xff\xff\xff\xff", "a number goes past the end"),
    P("ca\nb", "a name goes past the end"),
    P(".", "too few values on its stack"),
    P("(.", "too few values on its stack"),
    P("0.", "too few values on its stack"),
    P("0N.", "too few values on its stack"),
    P("1.", "too few values on its stack"),
    P("K\1t.", "too few values on its stack"),
    P("(K\1d.", "too few values on its stack"),
    P("K\1(\x85.", "too few values on its stack"),
    P("K\1\x86.", "too few values on its stack"),
    P("K\1a.", "too few values on its stack"),
    P("](K\1a.", "too few values on its stack"),
    P("(K\1e.", "too few values on its stack"),
    P("((e.", "too few values on its stack"),
    P("}K\1s.", "too few values on its stack"),
    P("}(K\1u.", "too few values on its stack"),
    P("2.", "too few values on its stack"),
    P("q\0.", "too few values on its stack"),
    P("R.", "too few values on its stack"),
    P("K\1b.", "too few values on its stack"),
    P("K\1bK\1.", "too few values on its stack"),
    P("Q.", "too few values on its stack"),
    P("K\1\x93.", "too few values on its stack"),
    P("K\1K\1\x93.", "a name that is no text"),
    P("K\1U\1a\x93.", "a name that is no text"),
    P("U\1aK\1\x93.", "a name that is no text"),
    P("K\1K\2a.", "an item for what is no container"),
    P("]K\1K\2s.", "an item for what is no container"),
    P("}(K\1e.", "an item for what is no container"),
    P("](K\1\x90.", "an item for what is no container"),
    P("h\0.", "its memo has no such value"),
    P("K\1q\2h\1.", "its memo has no such value"),
    P("K\1r\0\0\0\1.", "its memo has a gap"),
    P("K\1r\1\1\0\0.", "its memo has a gap"),
    P("I1\n.", "before byte 101: opcode 0x49 is none that tensors need"),
    P("\x82\1.", "opcode 0x82"),
    P("\x97.", "opcode 0x97"),
    P("(ia\nb\n.", "opcode 0x69"),
};

static void test_pickle__each_fault(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        pickle p;
        assert_fails(parse(&p, faults[i].bytes, faults[i].size), VQ_EINPUT, &err,
                     faults[i].want);
        assert_null(p.value);
    }
}

static void test_pickle__names(void **state)
{
    (void)state;
    pickle p;
    PARSE(&p, "cknown\nClass\n0cos\nsystem\n0cnt\nsystem\n.");
    assert_string_equal(p.refused, "os.system");
    assert_int_equal(p.refused_at, 100 + 14 + 11);
    pickle_release(&p);
#define TEN(c) c c c c c c c c c c
#define SEVENTY(c) TEN(c) TEN(c) TEN(c) TEN(c) TEN(c) TEN(c) TEN(c)
    PARSE(&p, "c" SEVENTY("m") "m\n" SEVENTY("n") "n\n."); /* of long ones a part */
    assert_string_equal(p.refused, SEVENTY("m") "." SEVENTY("n"));
    pickle_release(&p);
    PARSE(&p, "ca\nb\n.");
    assert_string_equal(p.refused, "");
    pickle_release(&p);
    /* not by a part of a name, nor by more than one */
    PARSE(&p, "cknown\nClas\n.");
    assert_string_equal(p.refused, "known.Clas");
    pickle_release(&p);
    PARSE(&p, "cknown\nClass.x\n.");
    assert_string_equal(p.refused, "known.Class.x");
    pickle_release(&p);
}

static void test_pickle__tree(void **state)
{
    (void)state;
    pickle p;
    int64_t x;
    PARSE(&p, "}(\x8c\1aK\7\x8c\1bK\1J\xff\xff\xff\xff\x86u.");
    int b = pickle_find(&p, p.root, "b");
    assert_true(pickle_find(&p, p.root, "a") > 0 && b > 0);
    assert_int_equal(pickle_find(&p, p.root, "c"), 0);
    assert_int_equal(pickle_find(&p, b, "a"), 0);
    assert_true(pickle_count(&p, b, 0, &x) && x == 1);
    assert_false(pickle_count(&p, b, 1, &x)); /* negative */
    assert_int_equal(pickle_item(&p, b, 2), 0);
    assert_int_equal(pickle_item(&p, p.root, 0), 0);
    assert_false(pickle_count(&p, b, 2, &x));
    assert_false(pickle_is_text(&p, 0, ""));
    pickle_release(&p);
    PARSE(&p, "ca\nb\n)R(K\1K\2\x8c\1ae."); /* a call filled as a list of 3 */
    assert_int_equal(pickle_find(&p, p.root, "a"), 0);
    pickle_release(&p);
}

static const char whole[] = "\x80\2}q\0(X\1\0\0\0aq\1cknown\nClass\nq\2(K\1K\2tq\3Rq\4"
                            "X\1\0\0\0b]q\5(K\1M\1\1J\1\0\0\0eK\3h\4\x85Qu}(K\1K\2ub.";

static void test_pickle__truncated_and_flipped(void **state)
{
    (void)state;
    pickle p;
    char bytes[sizeof whole];
    for (size_t n = 0; n < sizeof whole - 1; n++)
        assert_fails(parse(&p, whole, n), VQ_EINPUT, &err, "'p': pickle, before byte");
    int refused = 0;
    for (size_t bit = 0; bit < 8 * (sizeof whole - 1); bit++) {
        memcpy(bytes, whole, sizeof whole);
        bytes[bit / 8] ^= (char)(1 << bit % 8);
        vq_status status = parse(&p, bytes, sizeof whole - 1);
        if (status != VQ_OK)
            assert_fails(status, VQ_EINPUT, &err, "'p': pickle, before byte");
        refused += status != VQ_OK;
        pickle_release(&p);
    }
    assert_true(refused > 200);
}

static void test_pickle__every_allocation(void **state)
{
    (void)state;
    vq_status status = VQ_ENOMEM;
    long n = 1;
    for (; status != VQ_OK; n++) {
        pickle p;
        support_alloc_fail_at(n);
        status = pickle_parse(&p, (const unsigned char *)whole, sizeof whole - 1, names,
                              (pickle_place){.name = "p"}, &err);
        support_alloc_fail_at(0);
        if (status != VQ_OK)
            assert_fails(status, VQ_ENOMEM, &err, "out of memory");
        pickle_release(&p);
    }
    assert_int_equal(n, 6); /* values, stack, cells, memo */
}

/* More values than the limit cost their memory, not more. */
static void test_pickle__too_many(void **state)
{
    (void)state;
    const size_t size = PICKLE_VALUES_MAX + 8;
    char *bytes = malloc(size);
    pickle p;
    assert_non_null(bytes);
    memset(bytes, 'N', size);
    assert_fails(pickle_parse(&p, (unsigned char *)bytes, size, names,
                              (pickle_place){.name = "p"}, &err),
                 VQ_EINPUT, &err, "it holds more than 16777216 values");
    free(bytes);
}

const struct CMUnitTest test_pickle_suite[] = {
    cmocka_unit_test(test_pickle__each_opcode),
    cmocka_unit_test(test_pickle__each_fault),
    cmocka_unit_test(test_pickle__names),
    cmocka_unit_test(test_pickle__tree),
    cmocka_unit_test(test_pickle__truncated_and_flipped),
    cmocka_unit_test(test_pickle__every_allocation),
    cmocka_unit_test(test_pickle__too_many),
    {0},
};
