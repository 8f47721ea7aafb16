/* What a repository on a hub holds; models and data sets live under different addresses. */
#ifndef DEAR_MODEL_HUB_KIND_H
#define DEAR_MODEL_HUB_KIND_H

typedef enum hub_kind { HUB_MODEL, HUB_DATASET } hub_kind;

#endif
