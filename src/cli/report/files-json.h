/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Changed files in the JSON of --json. */

#include "deploy-migrate.h"

#include <json-c/json_object.h>

/* Returns: an array, or NULL if @files is NULL. */
json_object *files_json(const struct dmig_files *files);
