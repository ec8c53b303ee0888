#define _GNU_SOURCE 1
#include "json/xml.h"

#include <expat.h>
#include <limits.h>
#include <string.h>

#include "secret/pool.h"
#include "text/chars.h"
#include "json/json_check.h"
#include "json/members.h"

#define NAME_MAX_LEN   256 /* bytes */
#define ATTRIBUTES_MAX 256

/* An element that is open. */
struct element {
  struct json_node *node;
  size_t text; /* where its text begins; that of its children is gone when they end */
  bool parent; /* it has children */
};

struct xml {
  XML_Parser parser;
  struct json_node *root;
  struct members members;
  struct element open[JSON_MAX_DEPTH + 1]; /* the first one is the document */
  size_t depth;
  struct buf text;
  size_t values;   /* that may still follow */
  const char *why; /* it was stopped; expat may call once more nevertheless */
  long long where;
};

static const char no_memory[] = "XML that does not fit into memory";

/* The offset of what is read; -1 before there is anything. */
static long long offset(XML_Parser parser) {
#if XML_MAJOR_VERSION > 2 || XML_MINOR_VERSION >= 9 /* where the older name is deprecated */
  return XML_GetCurrentByteIndex64(parser);
#else
  return XML_GetCurrentByteIndex(parser);
#endif
}

static void stop(struct xml *xml, const char *why) {
  xml->why = why;
  xml->where = offset(xml->parser);
  XML_StopParser(xml->parser, XML_FALSE);
}

static const char *local_name(const char *name) {
  const char *colon = strrchr(name, ':');
  return colon ? colon + 1 : name;
}

/* Adds a null; NULL when it was stopped instead. */
static struct json_node *add(struct xml *xml, struct json_node *parent, const char *name) {
  struct json_node *node = NULL;
  if (xml->values-- == 0)
    stop(xml, "too many values in XML");
  else if ((node = members_add(&xml->members, parent, name)) == NULL)
    stop(xml, no_memory);
  return node;
}

/* An empty text leaves the null. */
static void set_text(struct xml *xml, struct json_node *node, const char *bytes, size_t len) {
  if (len > 0 && !json_set_string(node, bytes, len)) stop(xml, no_memory);
}

static bool name_fits(struct xml *xml, const char *name) {
  if (*local_name(name) && strnlen(name, NAME_MAX_LEN + 1) <= NAME_MAX_LEN) return true;
  stop(xml, *local_name(name) ? "a name of more than 256 bytes in XML" : "a name in XML that ends with a colon");
  return false;
}

/* Attributes of a namespace are its declarations; xsi:nil says that the element has no value. */
static bool is_data(const char *name) {
  return strcmp(name, "xmlns") != 0 && strncmp(name, "xmlns:", 6) != 0 && (strcmp(local_name(name), "nil") != 0 || !strchr(name, ':'));
}

static bool is_nil(const char **attributes) {
  for (; *attributes; attributes += 2)
    if (strchr(attributes[0], ':') && strcmp(local_name(attributes[0]), "nil") == 0)
      return strcmp(attributes[1], "true") == 0 || strcmp(attributes[1], "1") == 0;
  return false;
}

static void add_attributes(struct xml *xml, struct json_node *element, const char **attributes) {
  for (size_t count = 1; *attributes && !xml->why; attributes += 2, count++) {
    char name[NAME_MAX_LEN + 2] = "@";
    if (count > ATTRIBUTES_MAX) stop(xml, "an element of XML with too many attributes");
    if (xml->why || !name_fits(xml, attributes[0]) || !is_data(attributes[0])) continue;
    memcpy(name + 1, local_name(attributes[0]), strlen(local_name(attributes[0])) + 1);
    struct json_node *node = add(xml, element, name);
    if (node) set_text(xml, node, attributes[1], strlen(attributes[1]));
    explicit_bzero(name, sizeof name);
  }
}

static void XMLCALL start_element(void *user, const char *name, const char **attributes) {
  struct xml *xml = user;
  if (xml->why || !name_fits(xml, name)) return;
  if (xml->depth == JSON_MAX_DEPTH) {
    stop(xml, "XML that is nested too deep");
    return;
  }
  struct element *parent = &xml->open[xml->depth];
  struct json_node *node = add(xml, parent->node, local_name(name));
  if (!node) return;
  parent->parent = true;
  xml->open[++xml->depth] = (struct element){ .node = node, .text = xml->text.len };
  if (!is_nil(attributes)) add_attributes(xml, node, attributes);
}

static void XMLCALL end_element(void *user, const char *name) {
  struct xml *xml = user;
  (void)name;
  if (xml->why) return;
  const struct element *element = &xml->open[xml->depth--];
  const char *text = buf_string(&xml->text);
  size_t start = element->text, end = xml->text.len;
  while (start < end && is_space(text[start]))
    start++;
  while (start < end && is_space(text[end - 1]))
    end--;
  if (start < end && !element->parent) {
    start = element->text;
    end = xml->text.len;
  }
  if (start < end) {
    struct json_node *node = json_type(element->node) == JSON_NULL ? element->node : add(xml, element->node, "#text");
    if (node) set_text(xml, node, text + start, end - start);
  }
  buf_cut(&xml->text, element->text);
}

static void XMLCALL add_text(void *user, const char *bytes, int len) {
  struct xml *xml = user;
  if (!xml->why && !buf_add(&xml->text, bytes, (size_t)len)) stop(xml, no_memory);
}

static void XMLCALL refuse_doctype(void *user, const char *name, const char *system, const char *public, int internal) {
  (void)name, (void)system, (void)public, (void)internal;
  stop(user, "a DOCTYPE in XML");
}

/* Lists come on top of the elements. */
static int levels(const struct json_node *node) {
  int below = 0;
  for (const struct json_node *child = json_child(node); child; child = json_next(child)) {
    int deep = json_child(child) ? levels(child) : 0;
    if (deep > below) below = deep;
  }
  return below + 1;
}

/* What is wrong with the document; NULL for nothing. */
static const char *read_all(struct xml *xml, const char *text, size_t len) {
  XML_SetUserData(xml->parser, xml);
  XML_SetElementHandler(xml->parser, start_element, end_element);
  XML_SetCharacterDataHandler(xml->parser, add_text);
  XML_SetStartDoctypeDeclHandler(xml->parser, refuse_doctype);
  bool read = XML_Parse(xml->parser, text, (int)len, XML_TRUE) == XML_STATUS_OK;
  if (xml->why) return xml->why;
  xml->where = offset(xml->parser);
  if (!read) return XML_ErrorString(XML_GetErrorCode(xml->parser));
  return levels(xml->root) > JSON_MAX_DEPTH ? "XML that is nested too deep" : NULL;
}

struct json_node *xml_parse(const char *text, size_t len, const char **why, size_t *where) {
  static const XML_Memory_Handling_Suite memory = { pool_alloc, pool_realloc, pool_free };
  const char *nul = len > 0 ? memchr(text, '\0', len) : NULL; /* UTF-16 has some; expat takes wrong surrogates in it */
  *where = nul ? (size_t)(nul - text) : 0;
  *why = nul ? "a NUL in XML" : "XML that is too long";
  if (nul || len > INT_MAX) return NULL;
  *why = no_memory;
  struct xml xml = { .values = json_check_values(len), .root = json_new() };
  if (xml.root) xml.parser = XML_ParserCreate_MM(NULL, &memory, NULL);
  if (xml.parser) {
    xml.open[0].node = xml.root;
    buf_init(&xml.text, 2 * len); /* so much ISO-8859-1 grows as UTF-8 */
    *why = read_all(&xml, text, len);
    if (*why && xml.where > 0) *where = (size_t)xml.where;
    XML_ParserFree(xml.parser);
  }
  buf_free(&xml.text);
  members_free(&xml.members);
  if (*why == NULL) return xml.root;
  json_free(xml.root);
  return NULL;
}

static const char *escape_of(char c) {
  switch (c) {
  case '&': return "&amp;";
  case '<': return "&lt;";
  case '>': return "&gt;";
  case '"': return "&quot;";
  case '\'': return "&apos;";
  case '\t': return "&#9;"; /* it and line ends would be changed in an attribute */
  case '\n': return "&#10;";
  case '\r': return "&#13;";
  default: return NULL;
  }
}

/* The length of the character there; 0 where XML has none. */
static size_t character_length(const char *bytes, size_t left) {
  size_t len = utf8_length(bytes, left);
  bool control = (unsigned char)*bytes < 0x20 && !escape_of(*bytes);
  bool none = len == 3 && memcmp(bytes, "\xef\xbf", 2) == 0 && (unsigned char)bytes[2] >= 0xbe; /* U+FFFE and U+FFFF */
  return control || none ? 0 : len;
}

static bool add_escaped(struct buf *out, const char *bytes, size_t len) {
  for (size_t i = 0, next; i < len; i += next) {
    const char *escaped = escape_of(bytes[i]);
    next = character_length(bytes + i, len - i);
    if (!next || !(escaped ? buf_add_string(out, escaped) : buf_add(out, bytes + i, next))) return false;
  }
  return true;
}

bool xml_write_text(struct buf *out, const char *bytes, size_t len) {
  size_t before = out->len;
  if (add_escaped(out, bytes, len)) return true;
  if (out->len > before) explicit_bzero(out->data + before, out->len - before);
  buf_cut(out, before);
  return false;
}
