/* SPDX-License-Identifier: MIT */
#include "image/label.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 9, COLUMNS = 5, FIRST = 32, LAST = 126, BORDER = 4 };

/* A row of a letter a number, whose highest of five bits is the pixel at the left; the
 * last two rows are below the line. */
/* clang-format off: one letter a line */
static const unsigned char letters[LAST - FIRST + 1][ROWS] = {
    {0, 0, 0, 0, 0, 0, 0, 0, 0},        /* blank */
    {4, 4, 4, 4, 4, 0, 4, 0, 0},        /* ! */
    {10, 10, 0, 0, 0, 0, 0, 0, 0},      /* " */
    {10, 10, 31, 10, 31, 10, 10, 0, 0}, /* # */
    {4, 15, 20, 14, 5, 30, 4, 0, 0},    /* $ */
    {25, 25, 2, 4, 8, 19, 19, 0, 0},    /* % */
    {12, 18, 20, 8, 21, 18, 13, 0, 0},  /* & */
    {4, 4, 0, 0, 0, 0, 0, 0, 0},        /* ' */
    {2, 4, 8, 8, 8, 4, 2, 0, 0},        /* ( */
    {8, 4, 2, 2, 2, 4, 8, 0, 0},        /* ) */
    {0, 4, 21, 14, 21, 4, 0, 0, 0},     /* star */
    {0, 4, 4, 31, 4, 4, 0, 0, 0},       /* + */
    {0, 0, 0, 0, 0, 12, 12, 4, 8},      /* , */
    {0, 0, 0, 31, 0, 0, 0, 0, 0},       /* - */
    {0, 0, 0, 0, 0, 12, 12, 0, 0},      /* . */
    {1, 1, 2, 4, 8, 16, 16, 0, 0},      /* slash */
    {14, 17, 19, 21, 25, 17, 14, 0, 0}, /* 0 */
    {4, 12, 4, 4, 4, 4, 14, 0, 0},      /* 1 */
    {14, 17, 1, 6, 8, 16, 31, 0, 0},    /* 2 */
    {31, 2, 4, 2, 1, 17, 14, 0, 0},     /* 3 */
    {2, 6, 10, 18, 31, 2, 2, 0, 0},     /* 4 */
    {31, 16, 30, 1, 1, 17, 14, 0, 0},   /* 5 */
    {6, 8, 16, 30, 17, 17, 14, 0, 0},   /* 6 */
    {31, 1, 2, 4, 4, 4, 4, 0, 0},       /* 7 */
    {14, 17, 17, 14, 17, 17, 14, 0, 0}, /* 8 */
    {14, 17, 17, 15, 1, 2, 12, 0, 0},   /* 9 */
    {0, 0, 12, 12, 0, 12, 12, 0, 0},    /* : */
    {0, 0, 12, 12, 0, 12, 12, 4, 8},    /* ; */
    {2, 4, 8, 16, 8, 4, 2, 0, 0},       /* < */
    {0, 0, 31, 0, 31, 0, 0, 0, 0},      /* = */
    {8, 4, 2, 1, 2, 4, 8, 0, 0},        /* > */
    {14, 17, 1, 6, 4, 0, 4, 0, 0},      /* ? */
    {14, 17, 23, 21, 23, 16, 14, 0, 0}, /* @ */
    {14, 17, 17, 31, 17, 17, 17, 0, 0}, /* A */
    {30, 17, 17, 30, 17, 17, 30, 0, 0}, /* B */
    {14, 17, 16, 16, 16, 17, 14, 0, 0}, /* C */
    {30, 17, 17, 17, 17, 17, 30, 0, 0}, /* D */
    {31, 16, 16, 30, 16, 16, 31, 0, 0}, /* E */
    {31, 16, 16, 30, 16, 16, 16, 0, 0}, /* F */
    {14, 17, 16, 23, 17, 17, 14, 0, 0}, /* G */
    {17, 17, 17, 31, 17, 17, 17, 0, 0}, /* H */
    {14, 4, 4, 4, 4, 4, 14, 0, 0},      /* I */
    {7, 2, 2, 2, 2, 18, 12, 0, 0},      /* J */
    {17, 18, 20, 24, 20, 18, 17, 0, 0}, /* K */
    {16, 16, 16, 16, 16, 16, 31, 0, 0}, /* L */
    {17, 27, 21, 21, 17, 17, 17, 0, 0}, /* M */
    {17, 25, 25, 21, 19, 19, 17, 0, 0}, /* N */
    {14, 17, 17, 17, 17, 17, 14, 0, 0}, /* O */
    {30, 17, 17, 30, 16, 16, 16, 0, 0}, /* P */
    {14, 17, 17, 17, 21, 18, 13, 0, 0}, /* Q */
    {30, 17, 17, 30, 20, 18, 17, 0, 0}, /* R */
    {15, 16, 16, 14, 1, 1, 30, 0, 0},   /* S */
    {31, 4, 4, 4, 4, 4, 4, 0, 0},       /* T */
    {17, 17, 17, 17, 17, 17, 14, 0, 0}, /* U */
    {17, 17, 17, 17, 10, 10, 4, 0, 0},  /* V */
    {17, 17, 17, 21, 21, 27, 17, 0, 0}, /* W */
    {17, 17, 10, 4, 10, 17, 17, 0, 0},  /* X */
    {17, 17, 10, 4, 4, 4, 4, 0, 0},     /* Y */
    {31, 1, 2, 4, 8, 16, 31, 0, 0},     /* Z */
    {14, 8, 8, 8, 8, 8, 14, 0, 0},      /* [ */
    {16, 16, 8, 4, 2, 1, 1, 0, 0},      /* backslash */
    {14, 2, 2, 2, 2, 2, 14, 0, 0},      /* ] */
    {4, 10, 17, 0, 0, 0, 0, 0, 0},      /* ^ */
    {0, 0, 0, 0, 0, 0, 31, 0, 0},       /* _ */
    {8, 4, 2, 0, 0, 0, 0, 0, 0},        /* ` */
    {0, 0, 14, 1, 15, 17, 15, 0, 0},    /* a */
    {16, 16, 22, 25, 17, 17, 30, 0, 0}, /* b */
    {0, 0, 14, 17, 16, 17, 14, 0, 0},   /* c */
    {1, 1, 13, 19, 17, 17, 15, 0, 0},   /* d */
    {0, 0, 14, 17, 31, 16, 14, 0, 0},   /* e */
    {6, 9, 8, 28, 8, 8, 8, 0, 0},       /* f */
    {0, 0, 15, 17, 17, 17, 15, 1, 14},  /* g */
    {16, 16, 22, 25, 17, 17, 17, 0, 0}, /* h */
    {4, 0, 12, 4, 4, 4, 14, 0, 0},      /* i */
    {2, 0, 6, 2, 2, 2, 2, 18, 12},      /* j */
    {16, 16, 18, 20, 24, 20, 18, 0, 0}, /* k */
    {12, 4, 4, 4, 4, 4, 14, 0, 0},      /* l */
    {0, 0, 26, 21, 21, 21, 21, 0, 0},   /* m */
    {0, 0, 22, 25, 17, 17, 17, 0, 0},   /* n */
    {0, 0, 14, 17, 17, 17, 14, 0, 0},   /* o */
    {0, 0, 30, 17, 17, 17, 30, 16, 16}, /* p */
    {0, 0, 15, 17, 17, 17, 15, 1, 1},   /* q */
    {0, 0, 22, 25, 16, 16, 16, 0, 0},   /* r */
    {0, 0, 15, 16, 14, 1, 30, 0, 0},    /* s */
    {8, 8, 28, 8, 8, 9, 6, 0, 0},       /* t */
    {0, 0, 17, 17, 17, 19, 13, 0, 0},   /* u */
    {0, 0, 17, 17, 17, 10, 4, 0, 0},    /* v */
    {0, 0, 17, 17, 21, 21, 10, 0, 0},   /* w */
    {0, 0, 17, 10, 4, 10, 17, 0, 0},    /* x */
    {0, 0, 17, 17, 17, 17, 15, 1, 14},  /* y */
    {0, 0, 31, 2, 4, 8, 31, 0, 0},      /* z */
    {3, 4, 4, 8, 4, 4, 3, 0, 0},        /* { */
    {4, 4, 4, 4, 4, 4, 4, 0, 0},        /* | */
    {24, 4, 4, 2, 4, 4, 24, 0, 0},      /* } */
    {0, 0, 8, 21, 2, 0, 0, 0, 0},       /* ~ */
};
/* clang-format on */

/* The letter at *text, and past it; what is no ASCII is a question mark. */
static const unsigned char *next_letter(const char **text)
{
    const unsigned char c = (unsigned char)*(*text)++;
    while (c >= 0x80 && ((unsigned char)**text & 0xc0) == 0x80)
        ++*text; /* the rest of a character in UTF-8 */
    return letters[c >= FIRST && c <= LAST ? c - FIRST : '?' - FIRST];
}

void label_draw(vq_image *to, int x, int y, unsigned char shade, const char *text)
{
    for (; *text; x += LABEL_WIDTH) {
        const unsigned char *letter = next_letter(&text);
        for (int i = 0; i < ROWS * COLUMNS; i++) {
            const int px = x + i % COLUMNS, py = y + i / COLUMNS;
            if ((letter[i / COLUMNS] >> (COLUMNS - 1 - i % COLUMNS) & 1) && px >= 0 &&
                py >= 0 && px < to->width && py < to->height)
                memset(to->rgb + 3 * ((size_t)py * to->width + px), shade, 3);
        }
    }
}

/* Letters that a text is drawn with. */
static int count_letters(const char *text)
{
    int n = 0;
    for (; *text; n++)
        next_letter(&text);
    return n;
}

void label_draw_end(vq_image *to, int x, int y, int width, unsigned char shade,
                    const char *text)
{
    int n = count_letters(text);
    const int most = width / LABEL_WIDTH;
    if (n > most) {
        label_draw(to, x, y, shade, "..");
        x += 2 * LABEL_WIDTH;
        for (; n > most - 2 && *text; n--)
            next_letter(&text);
    }
    label_draw(to, x, y, shade, text);
}

vq_status label_add_heading(vq_image *image, const char *text, vq_error *err)
{
    const size_t strip = LABEL_HEIGHT + 2 * BORDER, row = (size_t)3 * image->width;
    const int needed = count_letters(text) * LABEL_WIDTH + 2 * BORDER;
    vq_image page = {.width = needed > image->width ? needed : image->width,
                     .height = image->height + (int)strip};
    const size_t wide = (size_t)3 * page.width;
    page.rgb = malloc(wide * (size_t)page.height);
    if (!page.rgb)
        return vq_fail_memory(err, wide * (size_t)page.height);
    memset(page.rgb, 255, wide * (size_t)page.height);
    label_draw(&page, BORDER, BORDER, 0, text);
    for (int y = 0; y < image->height; y++)
        memcpy(page.rgb + (strip + (size_t)y) * wide, image->rgb + (size_t)y * row,
               row);
    vq_image_release(image);
    *image = page;
    return VQ_OK;
}
