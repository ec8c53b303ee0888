#define _GNU_SOURCE 1
#include "json/json.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "secret/pool.h"
#include "text/chars.h"
#include "json/json_check.h"
#include "json/number.h"
#include "json/path.h"

#define MOVED_NAME 256  /* bytes of a name that is copied with its value */
#define MOVED_PATH 512  /* and of a path */
#define MOVED_MOST 1000 /* elements of a list */
#define FEW_KEYS   16   /* up to here it is faster to compare each key with each other than to sort them */

static locale_t c_locale; /* cJSON and printf take the decimal point from the locale of the thread */

/* The hooks are the process's. Another module may replace ours with others that do not wipe. A tree that was made
 * without a call of ours shows that; from then on trees are wiped node by node before they are freed. */
static __thread unsigned long allocations __attribute__((tls_model("initial-exec")));
static atomic_bool hooks_lost;

static void *hooked_malloc(size_t size) {
  allocations++;
  return malloc(size);
}

void json_setup(void) {
  cJSON_Hooks hooks = { .malloc_fn = hooked_malloc, .free_fn = pool_free_malloced };
  cJSON_InitHooks(&hooks);
  if (c_locale == NULL) c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static const cJSON *tree(const struct json_node *node) {
  return (const cJSON *)(const void *)node;
}

static cJSON *made_tree(struct json_node *node) {
  return (cJSON *)(void *)node;
}

static const struct json_node *wrapped(const cJSON *item) {
  return (const struct json_node *)(const void *)item;
}

const char json_twice[] = "a key that stands twice in one JSON object";
static const char no_memory[] = "JSON that does not fit into memory";

static int compare_keys(const void *a, const void *b) {
  return strcmp((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

/* Sorts pointers, so that no key is copied. */
static const char *sorted_keys_fault(const cJSON *object, size_t count, const cJSON **second) {
  const cJSON **members = pool_alloc(count * sizeof *members);
  if (members == NULL) return no_memory;
  size_t n = 0;
  for (const cJSON *member = object->child; member; member = member->next)
    members[n++] = member;
  qsort(members, count, sizeof *members, compare_keys);
  for (size_t i = 1; i < count && !*second; i++)
    if (compare_keys(&members[i - 1], &members[i]) == 0) *second = members[i];
  pool_free(members);
  return *second ? json_twice : NULL;
}

/* What is wrong with the keys of an object; NULL for nothing. *second is a member whose key another one has. */
static const char *keys_fault(const cJSON *object, const cJSON **second) {
  size_t count = 0;
  for (const cJSON *member = object->child; member; member = member->next)
    count++;
  if (count > FEW_KEYS) return sorted_keys_fault(object, count, second);
  for (const cJSON *member = object->child; member; member = member->next)
    for (const cJSON *other = object->child; other != member; other = other->next) {
      if (member->string[0] != other->string[0] || strcmp(member->string, other->string) != 0) continue;
      *second = member;
      return json_twice;
    }
  return NULL;
}

/* Appends the step to a member, or to the element at that place. */
static bool add_step(struct buf *path, const cJSON *child, size_t place) {
  if (!child->string) return buf_addf(path, "[%zu]", place);
  bool quoted = child->string[strcspn(child->string, ".[]'")] || !*child->string;
  return quoted ? buf_addf(path, "['%s']", child->string) : buf_addf(path, "%s%s", path->len ? "." : "", child->string);
}

/* What is wrong with the keys of this node and of those below it; NULL for nothing. At most JSON_MAX_DEPTH levels deep. Where there is a `path`,
 * which leads to the node, it leads to the fault in the end. */
static const char *tree_fault(const cJSON *item, struct buf *path) {
  const cJSON *second = NULL;
  const char *fault = cJSON_IsObject(item) ? keys_fault(item, &second) : NULL;
  if (second && path && !add_step(path, second, 0)) return no_memory;
  size_t place = 0, before = path ? path->len : 0;
  for (const cJSON *child = item->child; child && !fault; child = child->next, place++) {
    if (!child->child) continue;
    if (path && !add_step(path, child, place)) return no_memory;
    fault = tree_fault(child, path);
    if (path && !fault) buf_cut(path, before);
  }
  return fault;
}

/* At most JSON_MAX_DEPTH levels deep. */
static void wipe(cJSON *item) {
  for (; item; item = item->next) {
    wipe(item->child);
    if (item->valuestring) explicit_bzero(item->valuestring, strlen(item->valuestring));
    if (item->string) explicit_bzero(item->string, strlen(item->string));
    explicit_bzero(&item->valueint, sizeof item->valueint);
    explicit_bzero(&item->valuedouble, sizeof item->valuedouble);
  }
}

static void delete_tree(cJSON *root) {
  if (atomic_load_explicit(&hooks_lost, memory_order_relaxed)) wipe(root);
  cJSON_Delete(root);
}

/* Puts U+FFFD where something is lost. Whether there was such a place. */
static bool put_replacements(char *text) {
  bool any = false;
  for (char *lost = text; (lost = strstr(lost, JSON_LOST)) != NULL; any = true)
    memcpy(lost, "\xef\xbf\xbd", sizeof JSON_LOST - 1);
  return any;
}

/* Makes what json_check marked what it stands for: strings that are numbers keep the text beside the double. At most JSON_MAX_DEPTH levels deep. */
static void read_marks(cJSON *item) {
  for (; item; item = item->next) {
    if (item->string) put_replacements(item->string);
    if (cJSON_IsString(item) && item->valuestring[0] == JSON_NUMERIC[0]) {
      item->type = cJSON_Number;
      memmove(item->valuestring, item->valuestring + 1, strlen(item->valuestring));
      item->valuedouble = strtod(item->valuestring, NULL);
    } else if (cJSON_IsString(item)) {
      item->valueint = put_replacements(item->valuestring);
    }
    read_marks(item->child);
  }
}

/* Without a look at its keys. */
static cJSON *read_tree(const char *text, size_t len, const char **why, size_t *where) {
  struct buf marked;
  cJSON *root = NULL;
  buf_init(&marked, 3 * len + 16);
  if (json_check(text, len, &marked, why, where)) {
    unsigned long before = allocations;
    *where = 0;
    *why = no_memory;
    size_t mark = utf8_mark(text, len); /* cJSON skips it as well, but not before every text */
    root = marked.len ? cJSON_ParseWithLengthOpts(marked.data, marked.len, NULL, 0) : cJSON_ParseWithLengthOpts(text + mark, len - mark, NULL, 0);
    if (allocations == before) atomic_store_explicit(&hooks_lost, true, memory_order_relaxed);
    if (marked.len) read_marks(root);
  }
  buf_free(&marked);
  return root;
}

struct json_node *json_parse(const char *text, size_t len, const char **why, size_t *where) {
  locale_t before = uselocale(c_locale);
  cJSON *root = read_tree(text, len, why, where);
  uselocale(before);
  const char *fault = root ? tree_fault(root, NULL) : NULL;
  if (!fault) return (struct json_node *)(void *)root;
  delete_tree(root);
  *why = fault;
  return NULL;
}

bool json_find_twice(const char *text, size_t len, struct buf *path) {
  const char *why;
  size_t where;
  locale_t before = uselocale(c_locale);
  cJSON *root = read_tree(text, len, &why, &where);
  uselocale(before);
  bool found = root && tree_fault(root, path) == json_twice;
  delete_tree(root);
  return found;
}

void json_free(struct json_node *root) {
  delete_tree(made_tree(root));
}

enum json_type json_type(const struct json_node *node) {
  switch (tree(node)->type) {
  case cJSON_False:
  case cJSON_True: return JSON_BOOLEAN;
  case cJSON_Number: return JSON_NUMBER;
  case cJSON_String: return JSON_STRING;
  case cJSON_Array: return JSON_ARRAY;
  case cJSON_Object: return JSON_OBJECT;
  default: return JSON_NULL;
  }
}

bool json_is_empty(const struct json_node *node) {
  const cJSON *item = tree(node);
  switch (item->type) {
  case cJSON_False:
  case cJSON_True:
  case cJSON_Number: return false;
  case cJSON_String: return *item->valuestring == '\0';
  default: return item->child == NULL;
  }
}

/* The member or element that the step leads to, or NULL. */
static const cJSON *step_down(const cJSON *item, const struct path_step *step) {
  const cJSON *child = (step->kind == PATH_NAME ? cJSON_IsObject(item) : cJSON_IsArray(item)) ? item->child : NULL;
  if (step->kind == PATH_NAME) {
    while (child && (strncmp(child->string, step->name, step->len) != 0 || child->string[step->len] != '\0'))
      child = child->next;
  } else {
    for (size_t i = 0; child && i < step->index; i++)
      child = child->next;
  }
  return child;
}

/* Whether an object stands alone where the path, which goes on at `at`, has a list of those: it is read as the list of it. */
static bool stands_alone(const cJSON *item, const struct path_step *step, const char *at) {
  struct path_step below = { .kind = PATH_NAME };
  if (step->kind == PATH_NAME || !cJSON_IsObject(item)) return false;
  if (at) path_next(at, &below);
  return below.kind == PATH_NAME && (step->kind == PATH_EACH || step->index == 0);
}

/* What is at the path, which goes on at `at`. As each level of a tree is one step, no node is looked at twice. */
static const cJSON *find(const cJSON *item, const char *at) {
  struct path_step step;
  while (item && at) {
    at = path_next(at, &step);
    if (stands_alone(item, &step, at)) continue;
    item = step_down(item, &step);
    if (step.kind != PATH_EACH) continue;
    const cJSON *null = NULL;
    for (; item; item = item->next) {
      const cJSON *found = find(item, at);
      if (found && !cJSON_IsNull(found)) return found;
      if (!null) null = found;
    }
    return null;
  }
  return item;
}

const struct json_node *json_at(const struct json_node *node, const char *path) {
  return wrapped(find(tree(node), path_begin(path)));
}

const struct json_node *json_present(const struct json_node *node, const char *path) {
  const struct json_node *found = json_at(node, path);
  return found && json_type(found) != JSON_NULL ? found : NULL;
}

/* The child of a node that a step leads to, made with an empty value of that type where there is none; NULL when something
 * else stands there. An element is made only behind the last one. */
static cJSON *make_child(cJSON *node, const struct path_step *step, bool list) {
  char name[MOVED_NAME];
  cJSON *made = NULL;
  if (step->kind == PATH_INDEX) {
    int count = cJSON_IsArray(node) ? cJSON_GetArraySize(node) : -1;
    if (count < 0 || step->index > (size_t)count) return NULL;
    if (step->index < (size_t)count) return cJSON_GetArrayItem(node, (int)step->index);
    made = list ? cJSON_CreateArray() : cJSON_CreateObject();
    if (made && !cJSON_AddItemToArray(node, made)) made = NULL;
    return made;
  }
  if (!cJSON_IsObject(node) || step->len >= sizeof name) return NULL;
  memcpy(name, step->name, step->len);
  name[step->len] = '\0';
  made = cJSON_GetObjectItemCaseSensitive(node, name);
  if (made) return made;
  return list ? cJSON_AddArrayToObject(node, name) : cJSON_AddObjectToObject(node, name);
}

/* Puts a copy of the item where the path leads below a node. True as well where another value stands. */
static bool put(cJSON *node, const char *path, const cJSON *item) {
  struct path_step step, next;
  const char *at = path_next(path_begin(path), &step);
  for (; at && node; at = path_next(at, &step)) {
    path_next(at, &next);
    node = make_child(node, &step, next.kind == PATH_INDEX);
  }
  cJSON *place = node ? make_child(node, &step, false) : NULL;
  if (!place || !cJSON_IsObject(place) || place->child) return true;
  cJSON *copy = cJSON_Duplicate(item, true);
  if (!copy) return false;
  return step.kind == PATH_INDEX ? cJSON_ReplaceItemViaPointer(node, place, copy) : cJSON_ReplaceItemInObjectCaseSensitive(node, place->string, copy);
}

/* The path with an index in the place of its first "[]". False when it does not fit. */
static bool set_index(const char *path, const char *each, int index, char *out, size_t room) {
  return (size_t)snprintf(out, room, "%.*s[%d]%s", (int)(each - path), path, index, each + 2) < room;
}

bool json_copy(const struct json_node *from, const char *path, struct json_node *to) {
  char one[MOVED_PATH];
  const char *each = strstr(path, "[]");
  const cJSON *item;
  if (!each) {
    item = tree(json_at(from, path));
    return !item || cJSON_IsNull(item) || put((cJSON *)(void *)to, path, item);
  }
  if ((size_t)snprintf(one, sizeof one, "%.*s", (int)(each - path), path) >= sizeof one) return true;
  item = tree(json_at(from, one));
  int count = item && cJSON_IsArray(item) ? cJSON_GetArraySize(item) : item && cJSON_IsObject(item); /* an object alone is the list of it */
  bool ok = true;
  for (int i = 0; ok && i < count && i < MOVED_MOST; i++)
    if (set_index(path, each, i, one, sizeof one)) ok = json_copy(from, one, to);
  return ok;
}

const struct json_node *json_child(const struct json_node *node) {
  return wrapped(tree(node)->child);
}

const struct json_node *json_next(const struct json_node *node) {
  return wrapped(tree(node)->next);
}

const char *json_key(const struct json_node *node) {
  return tree(node)->string;
}

const char *json_string(const struct json_node *node, size_t *len) {
  *len = strlen(tree(node)->valuestring);
  return tree(node)->valuestring;
}

bool json_boolean(const struct json_node *node) {
  return cJSON_IsTrue(tree(node));
}

double json_number(const struct json_node *node) {
  return tree(node)->valuedouble;
}

bool json_integer(const struct json_node *node, int64_t *value) {
  const char *sent = tree(node)->valuestring;
  if (sent) return number_whole(sent, value);
  *value = (int64_t)json_number(node); /* a plain number is below 1e15 */
  return json_number(node) == (double)*value;
}

bool json_is_exact(const struct json_node *node) {
  return !tree(node)->valuestring || number_is_exact(tree(node)->valuestring, json_number(node));
}

bool json_is_lossy(const struct json_node *node) {
  return tree(node)->valueint != 0;
}

static cJSON *new_null(void) {
  unsigned long before = allocations;
  cJSON *item = cJSON_CreateNull();
  if (allocations == before) atomic_store_explicit(&hooks_lost, true, memory_order_relaxed);
  return item;
}

struct json_node *json_new(void) {
  return (struct json_node *)(void *)new_null();
}

struct json_node *json_add(struct json_node *parent, const char *key) {
  cJSON *item = new_null();
  if (item == NULL) return NULL;
  if (key ? cJSON_AddItemToObject(made_tree(parent), key, item) : cJSON_AddItemToArray(made_tree(parent), item)) {
    made_tree(parent)->type = key ? cJSON_Object : cJSON_Array;
    return (struct json_node *)(void *)item;
  }
  cJSON_Delete(item);
  return NULL;
}

bool json_set_string(struct json_node *node, const char *bytes, size_t len) {
  char *copy = cJSON_malloc(len + 1);
  if (copy == NULL) return false;
  memcpy(copy, bytes, len);
  copy[len] = '\0';
  made_tree(node)->valuestring = copy;
  made_tree(node)->type = cJSON_String;
  return true;
}

bool json_make_list(struct json_node *node) {
  cJSON *first = new_null(), *list = made_tree(node);
  if (first == NULL) return false;
  first->type = list->type;
  first->child = list->child;
  first->valuestring = list->valuestring;
  first->valueint = list->valueint;
  first->valuedouble = list->valuedouble;
  first->prev = first; /* the last element, as cJSON has it */
  list->type = cJSON_Array;
  list->child = first;
  list->valuestring = NULL;
  return true;
}

static bool make_lists(cJSON *item, const char *at) {
  struct path_step step;
  while (item && at && strchr(at, '[')) {
    at = path_next(at, &step);
    if (step.kind != PATH_NAME && !cJSON_IsArray(item) && !cJSON_IsNull(item) && !json_make_list((struct json_node *)(void *)item)) return false;
    item = (cJSON *)step_down(item, &step);
    if (step.kind != PATH_EACH) continue;
    for (; item; item = item->next)
      if (!make_lists(item, at)) return false;
  }
  return true;
}

bool json_make_lists(struct json_node *root, const char *path) {
  return make_lists(made_tree(root), path_begin(path));
}

static void write_number(double number, char *text, size_t size) {
  if (number == trunc(number) && fabs(number) < 1e15 && !(number == 0 && signbit(number))) {
    snprintf(text, size, "%" PRId64, (int64_t)number); /* much faster */
    return;
  }
  if (number == trunc(number) && fabs(number) < 1e60) {
    snprintf(text, size, "%.0f", number);
    return;
  }
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, size, "%.*g", digits, number);
    if (strtod(text, NULL) == number) return;
  }
}

void json_print_number(double number, char text[static JSON_NUMBER_TEXT]) {
  locale_t before = uselocale(c_locale);
  write_number(number, text, JSON_NUMBER_TEXT);
  uselocale(before);
}

const char *json_number_text(const struct json_node *node, char room[static JSON_NUMBER_TEXT]) {
  if (tree(node)->valuestring) return tree(node)->valuestring;
  json_print_number(json_number(node), room);
  return room;
}

const char *json_number_digits(const struct json_node *node, int digits, char room[static JSON_NUMBER_TEXT]) {
  int64_t number;
  if (!json_integer(node, &number)) return json_number_text(node, room);
  snprintf(room, JSON_NUMBER_TEXT, "%0*" PRId64, number < 0 ? 0 : digits, number);
  return room;
}

static bool add_escaped(struct buf *out, unsigned char c) {
  static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
  const char *known = strchr(plain, c);
  return known ? buf_add_char(out, '\\') && buf_add_char(out, letters[known - plain]) : buf_addf(out, "\\u%04x", c);
}

static bool add_quoted(struct buf *out, const char *bytes, size_t len) {
  size_t start = 0;
  if (!buf_add_char(out, '"')) return false;
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)bytes[i];
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    if (!buf_add(out, bytes + start, i - start) || !add_escaped(out, c)) return false;
    start = i + 1;
  }
  return buf_add(out, bytes + start, len - start) && buf_add_char(out, '"');
}

bool json_write_string(struct buf *out, const char *bytes, size_t len) {
  size_t before = out->len;
  if (utf8_text(bytes, len) < len) return false;
  if (add_quoted(out, bytes, len)) return true;
  if (out->len > before) {
    explicit_bzero(out->data + before, out->len - before);
    out->len = before;
  }
  return false;
}
