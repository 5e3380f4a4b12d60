/* Every constant of the fast PNG encoder that was fitted by measuring, with its unit and where it
 * comes from. `python -m benchmarks.tune NAME` builds the encoder with other values of one of them
 * and prints size and time, so that it can be fitted again.
 * In: nothing. Out: constants. Ownership: none. */
#ifndef WB_BASE_FITTED_H
#define WB_BASE_FITTED_H

enum {
    /* ---- parts and blocks ---- */

    /* Bytes of lines that get a plan of their own. With 128 KiB bands see too little of wide
     * pictures; larger ones leave a second-level cache of 512 KiB. */
    WB_FIT_PART_BYTES = 256 << 10,
    /* Literals and matches of a block, at least. Blocks of 4000 spend 1.5 percent on their headers,
     * and blocks of 20000 no longer follow the content. */
    WB_FIT_BLOCK_SYMBOLS = 6500,
    /* Bytes of a block, at most: flat content waits no longer for more symbols. */
    WB_FIT_BLOCK_BYTES = 1 << 20,
    /* Content changes inside a block. The block is counted in pieces of as many symbols, at most
     * one for so many bytes. A piece becomes a block where codes of its own pay. Photographs take
     * 5 percent longer and are 0.1 to 1 percent smaller. With half the bytes they take 3 percent
     * more time and are as large. */
    WB_FIT_SPLIT_BYTES = 40000,
    /* A block's codes serve on while they cost at most one in so many and so many bits more than
     * codes of their own could. */
    WB_FIT_KEEP_CODES_SHARE = 128,
    WB_FIT_KEEP_CODES_BITS = 700,
    /* Bytes of lines that one thread codes, about. */
    WB_FIT_SEGMENT_BYTES = 1 << 20,

    /* ---- filters ---- */

    /* Every row is sampled at every n-th 32 bytes; short rows, of fewer bytes, are summed in whole,
     * long rows are those of more bytes. */
    WB_FIT_SHORT_ROW_BYTES = 256,
    WB_FIT_LONG_ROW_BYTES = 3072,
    WB_FIT_ROW_STEP = 4,
    WB_FIT_LONG_ROW_STEP = 8,
    /* 64ths of the residuals of None that count where matches are searched: what is not filtered
     * repeats more often. With 8 photographs lose; from 20 to 32 little changes. */
    WB_FIT_NONE_WEIGHT = 28,

    /* ---- runs and matches ---- */

    /* Bytes of a run, at least. 8 is 10 percent faster on photographs and 1 percent larger. */
    WB_FIT_MIN_RUN = 5,
    /* Entries of a table of the matcher, of two places each or of four, as a power of two. With 12
     * files are 0.1 percent larger and 1 percent of the time is saved. */
    WB_FIT_TABLE_BITS = 13,
    /* Bytes that a literal or a match stands for, from which on the matcher's long table looks at
     * 32 bytes of a colour image instead of 16. With 16 for all files are 0.25 percent larger and 1
     * percent of the time is saved. */
    WB_FIT_SPARSE_BYTES = 20,
    /* Bytes of a match whose inner positions go into the tables, at most; of a longer match, and of
     * a run, so many pixels at its end do. With 64 files are 0.1 percent smaller and take 2 percent
     * longer. */
    WB_FIT_INSERT_BYTES = 32,
    WB_FIT_MATCH_TAIL = 4,
    WB_FIT_RUN_TAIL = 3,
    /* After 2^n misses in a row the search skips a pixel more, after twice as many two. */
    WB_FIT_MISSES_SHIFT = 5,
    /* For gray of 8 bits, where a match that was skipped into is extended back to its first byte.
     * With 5 gray files are 0.8 percent larger and take 8 percent longer; with 0 drawn patterns are
     * larger. */
    WB_FIT_MISSES_SHIFT_GRAY = 1,
    /* For 16 bits. With 5 files are 0.1 percent smaller and take 5 percent longer. */
    WB_FIT_MISSES_SHIFT_16 = 4,
    /* 10ths of a bit that the high bytes of gray vary by, above which a match begins with them. */
    WB_FIT_HIGH_BITS_16 = 16,
    /* Quarters of a bit that a match from afar has to save: its codes make others longer. */
    WB_FIT_FAR_MARGIN = 4,

    /* ---- the choice of a plan ---- */

    /* Bytes of a tile's row; tiles of a part; a part's bytes for each byte of its tiles. */
    WB_FIT_TILE_BYTES = 768,
    WB_FIT_TILES = 3,
    WB_FIT_TILES_SHARE = 20,
    /* Weights of the plans' costs: what takes time has to earn it, and what needs history finds
     * little of it on the tiles. */
    WB_FIT_WEIGHT_RUNS = 64,
    WB_FIT_WEIGHT_FILTERED = 56,
    WB_FIT_WEIGHT_PLAIN = 52,
    WB_FIT_WEIGHT_ONE_FILTER = 58, /* matches in rows that are filtered alike */
    /* A search costs this part of the whole cost, in 1000ths, if there is one for each byte. With
     * 1000 files are 0.1 percent larger and take 2 percent less time. */
    WB_FIT_WEIGHT_SEARCH = 700,
    /* A new plan has to be better than the last part's by one in so many: history is lost. */
    WB_FIT_CHANGE_SHARE = 16,
    /* Quarters of the earlier parts' costs that count in the next part. */
    WB_FIT_MEMORY_QUARTERS = 2,
    /* Parts without a contest after one, while the tiles look the same within so many 256ths. */
    WB_FIT_KEEP_PARTS = 8,
    WB_FIT_KEEP_FLAT = 26,
    WB_FIT_KEEP_SEEN = 64,
    /* For 16 bits, where parts that look alike are filtered alike. */
    WB_FIT_KEEP_FLAT_16 = 60,
    /* Photographs are told by what the tiles look like, in 256ths: fewer pixels like a neighbour,
     * fewer of the others in a pair seen before, and fewer of a colour seen before. */
    WB_FIT_PHOTO_FLAT = 154,
    WB_FIT_PHOTO_SEEN = 26,
    WB_FIT_PHOTO_KNOWN = 128,
    /* And by 16ths of a bit that a byte takes with runs, at least. */
    WB_FIT_PHOTO_BITS = 32,
    /* And matches cost no less than this part of what runs do on a small tile: they take five times
     * as long. With 100 photographs take 1.5 times as long and are 0.3 percent smaller. */
    WB_FIT_PHOTO_PERCENT = 85,
    /* One filter, Up or Sub, is tried with matches where so many 256ths of the bytes that change do
     * so at a steady rate, from row to row or along the rows. A photograph gets it where matches
     * take less than this percentage of what runs take. With 95 percent files are 0.01 percent
     * smaller and take 0.5 percent longer. */
    WB_FIT_STEADY = 8,
    WB_FIT_STEADY_PERCENT = 90,
    /* For 16 bits: what one filter for all rows wins on a tile it may lose on other rows. */
    WB_FIT_WEIGHT_NONE_RUNS_16 = 66,
    WB_FIT_WEIGHT_UP_MATCHES_16 = 65,
    /* As WB_FIT_WEIGHT_SEARCH: there most searches are short. With 250 files are 0.3 percent
     * smaller and take 8 percent longer. */
    WB_FIT_WEIGHT_SEARCH_16 = 400,
    /* One tile, since three smaller ones show too little of what repeats; and a part's bytes for
     * each of its bytes. */
    WB_FIT_TILE_SHARE_16 = 28,
    /* Bits of a match that takes the place of 14 bits of the pixels' entropy. */
    WB_FIT_MATCHED_ENTROPY_16 = 21,
    /* Matches with other filters are tried where more than one of so many bytes of a tile is
     * matched. Matches are estimated where more than one of so many is: noise has none. */
    WB_FIT_MOST_MATCHED_16 = 2,
    WB_FIT_SOME_MATCHED_16 = 16,
    /* What looks like a photograph is matched where more 256ths of a row's pixels were in the row
     * before. The benchmark's photographs have up to 50, its mosaics in 4K 101 to 132. */
    WB_FIT_ROW_REPEATS = 64,
    /* Runs alone are no candidate where so many pixels are like a neighbour: tiles easily miss what
     * repeats in a figure. */
    WB_FIT_FIGURE_FLAT = 243,
    /* Tiles show more than a flat ground where they take more than one bit for so many bytes. They
     * tell for the next parts, too, where they show much. With 8 bytes for that 2 of 300 pictures
     * are 4 and 11 percent larger, and 1 percent of the time is saved. */
    WB_FIT_SHOW_BYTES = 24,
    WB_FIT_SHOW_MUCH_BYTES = 4,
    /* In a small gray image matches are searched with filters and without where the costs of runs,
     * with and without, differ by at most one in so many. With 10 such images are 0.2 percent
     * larger and take 4 percent less time. */
    WB_FIT_BOTH_SHARE = 5,
    /* And only where at least one in so many of the literals beside runs repeats. With 6 drawn
     * digits are 0.9 percent smaller and take 25 percent more time; other images are the same. */
    WB_FIT_REPEATS_SHARE = 4,
    /* A part is coded with runs alone, too, where they take less than so many 64ths of what the
     * best matches do on the tiles. With 57 files are 0.05 percent smaller and take 1 percent
     * longer. */
    WB_FIT_RIVAL_SHARE = 54,
    /* They are taken where they take less than so many 64ths, and some bits less: a block may hold
     * matches of other parts, too, which need other codes. */
    WB_FIT_RUNS_SAVE_SHARE = 62,
    WB_FIT_RUNS_SAVE_BITS = 1000
};

#endif
