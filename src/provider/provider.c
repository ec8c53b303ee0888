#include "provider/provider.h"

#include <string.h>

#include "provider/definition.h"

const struct provider *provider_ref(const struct provider *provider) {
  if (provider->owner) definition_ref(provider->owner);
  return provider;
}

void provider_unref(const struct provider *provider) {
  if (provider) definition_unref(provider->owner);
}

const struct operation *provider_operation(const struct provider *provider, const char *name) {
  for (size_t i = 0; i < provider->operation_count; i++)
    if (strcmp(provider->operations[i].name, name) == 0) return &provider->operations[i];
  return NULL;
}

const struct part *operation_argument(const struct operation *operation, const char *name) {
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    if (part->source == FROM_ARGUMENT && strcmp(part->name, name) == 0) return part;
  }
  return NULL;
}

const char *part_name(const struct part *part) {
  return part->name ? part->name : part->wire;
}

const char *part_wire(const struct part *part) {
  return part->wire ? part->wire : part->name;
}

int field_digits(const struct field *field) {
  return field->digits == 0 && field->type == FIELD_CVV ? CVV_DIGITS : field->digits;
}

const char *const field_type_words[] = {
  [FIELD_STRING] = "string", [FIELD_INTEGER] = "integer", [FIELD_NUMBER] = "number", [FIELD_BOOLEAN] = "boolean", [FIELD_TIMESTAMP] = "timestamp",
  [FIELD_PAN] = "pan",       [FIELD_CVV] = "cvv",         [FIELD_TOKEN] = "token",   [FIELD_SECRET] = "secret",   [FIELD_TYPES] = NULL,
};

const char *const part_into_words[] = { [INTO_PATH] = "path",
                                        [INTO_QUERY] = "query",
                                        [INTO_HEADER] = "header",
                                        [INTO_BODY] = "body",
                                        [INTO_SEALED] = "sealed",
                                        [INTO_NOTHING] = "nothing",
                                        NULL };

const char *const part_type_words[] = { [PART_STRING] = "string",   [PART_INTEGER] = "integer", [PART_NUMBER] = "number",
                                        [PART_BOOLEAN] = "boolean", [PART_LIST] = "list",       [PART_OBJECT] = "object",
                                        [PART_PEM] = "pem",         [PART_BYTES] = "bytes",     NULL };

const char *const body_encoding_words[] = { [BODY_JSON] = "json", [BODY_FORM] = "form", [BODY_RAW] = "raw", [BODY_XML] = "xml", NULL };

const char *const making_kind_words[] = {
  [MAKING_TEXT] = "text",       [MAKING_SIGNATURE] = "signature", [MAKING_JWT] = "jwt",       [MAKING_OAUTH1] = "oauth1",
  [MAKING_SESSION] = "session", [MAKING_SEALED] = "sealed",       [MAKING_PUBLIC] = "public", NULL
};

const char *const credential_kind_words[] = {
  [CREDENTIAL_VALUE] = "value", [CREDENTIAL_SETTING] = "setting", [CREDENTIAL_FUNCTION] = "function", NULL
};
