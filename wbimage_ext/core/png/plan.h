/* Which plan suits a part of an image: where a look at some tiles of it does not tell, the plans
 * are tried on the tiles. In: a raster. Out: a wb_png_plan. Ownership: borrows the raster; works in
 * the buffers. */
#ifndef WB_PNG_PLAN_H
#define WB_PNG_PLAN_H

#include "png/lines.h"
#include "png/tiles.h"

typedef struct wb_png_planner {
    wb_png_lines trial;      /* over tiles */
    size_t tile_number;      /* of the next tile */
    bool has_plan, is_photo; /* of the last part */
    wb_png_plan plan;
    wb_png_plans rivals;          /* of the plan: the tiles do not tell which is best */
    uint64_t costs[WB_PNG_PLANS]; /* of the parts so far, the last counting most */
    wb_deflate_prices prices;     /* of the tiles in the last contest, by the plan that won */
    wb_deflate_counts counts;     /* of the lines that it coded */
    wb_png_look look;             /* in the last contest */
    unsigned parts_since;         /* the last contest, with it */
} wb_png_planner;

wb_status wb_png_planner_init(wb_png_planner *planner, const wb_raster *raster, wb_cpu cpu,
                              wb_png_buffers *buffers);

/* Forgets all parts. */
void wb_png_planner_restart(wb_png_planner *planner);

/* What is known of a part once its plan is chosen. */
typedef enum wb_png_choice {
    WB_PNG_CHOSEN, /* the plan */
    WB_PNG_PRICED, /* the planner's prices, too */
    WB_PNG_CODED   /* its lines and tokens, too: they are in `lines`, with the planner's counts */
} wb_png_choice;

/* For the `row_count` rows from `y` on, the next part. A small image is tried whole, and `lines`,
 * which must hold none yet, gets what the best plan made of it; NULL asks for the plan alone. */
wb_png_choice wb_png_planner_choose(wb_png_planner *planner, size_t y, size_t row_count,
                                    wb_png_lines *lines);

#endif
