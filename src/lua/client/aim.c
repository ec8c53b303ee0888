/* Where a call goes that an answer leads elsewhere: the URL is checked, led elsewhere once more if the client says so, and gets settings of its origin. */
#include <string.h>
#include <strings.h>

#include "http/url.h"
#include "lua/job.h"

static bool is_named(lua_State *L, const struct url *url, int hosts) {
  bool named = false;
  for (int i = 1, count = (int)lua_rawlen(L, hosts); !named && i <= count; i++) {
    lua_rawgeti(L, hosts, i);
    named = url_is_at(url, lua_tostring(L, -1));
    lua_pop(L, 1);
  }
  return named;
}

/* Whether it is where base_url is, as the definition or `new` has it. */
static bool is_home(lua_State *L, const struct url *url, int homes) {
  bool home = false;
  for (int i = 1, count = (int)lua_rawlen(L, homes); !home && i <= count; i++) {
    struct url at;
    size_t len;
    lua_rawgeti(L, homes, i);
    const char *text = lua_tolstring(L, -1, &len);
    home = !url_read(&at, text, len) && url_same_origin(url, &at);
    lua_pop(L, 1);
  }
  return home;
}

/* Replaces the first so many bytes of the URL's target, and its origin. */
static void replace(lua_State *L, struct buf *text, const struct url *url, const char *to, size_t len) {
  struct buf rest;
  buf_init(&rest, URL_MAX);
  bool ok = buf_add(&rest, url->target + len, url->target_len - len);
  buf_clear(text);
  ok = ok && buf_add_string(text, to) && buf_add(text, rest.data, rest.len);
  buf_free(&rest);
  if (!ok) binding_no_memory(L);
}

/* Replaces the beginning of the URL by what the first of `leads` says that it begins with. */
static bool lead(lua_State *L, struct buf *text, const struct url *url, int leads) {
  bool led = false;
  for (int i = 1, count = (int)lua_rawlen(L, leads); !led && i <= count; i++) {
    struct url from;
    size_t begin_len, len;
    lua_rawgeti(L, leads, i);
    lua_getfield(L, -1, "to");
    lua_getfield(L, -2, "from");
    const char *to = lua_tostring(L, -2), *begin = lua_tolstring(L, -1, &begin_len);
    led = !url_read(&from, begin, begin_len) && url_begins_with(url, &from, &len);
    if (led) replace(L, text, url, to, len);
    lua_pop(L, 3);
  }
  return led;
}

static bool is_of(const struct settings *settings, const char *origin, size_t len) {
  return settings && strlen(settings->origin) == len && strncasecmp(settings->origin, origin, len) == 0;
}

/* Settings of that origin, without a reference for the caller; NULL with *why where there can be none. */
static struct settings *settings_at(struct client *client, const char *origin, size_t len, const char **why) {
  if (is_of(client->settings, origin, len)) return client->settings;
  for (size_t i = 0; client->bases && i < client->provider->operation_count; i++)
    if (is_of(client->bases[i], origin, len)) return client->bases[i];
  for (size_t i = 0; i < CLIENT_KEPT; i++)
    if (is_of(client->kept[i], origin, len)) return client->kept[i];
  struct settings *made = settings_like(client->settings, origin, len);
  if (!made || !settings_finish(made, why)) {
    *why = made ? "cannot be read" : "does not fit into memory";
    settings_unref(made);
    return NULL;
  }
  struct settings **place = &client->kept[client->keeps++ % CLIENT_KEPT];
  settings_unref(*place);
  return *place = made;
}

/* Checks the URL in `text`, which may become another one, and puts the job there. */
static const char *aim_job(lua_State *L, struct client *client, struct job *job, struct buf *text, int aims) {
  struct url url;
  const char *wrong = url_read(&url, buf_string(text), text->len);
  if (wrong) return wrong;
  lua_getfield(L, aims, "hosts");
  lua_getfield(L, aims, "homes");
  lua_getfield(L, aims, "leads");
  if (!is_named(L, &url, aims + 1)) return "leads to a host that the definition does not name";
  bool home = is_home(L, &url, aims + 2);
  if (lead(L, text, &url, aims + 3)) {
    wrong = url_read(&url, buf_string(text), text->len);
    if (wrong) return wrong;
  }
  if (!url.tls && !client->settings->insecure_http) return "must begin with https:// (insecure_http = true allows http://, for tests)";
  struct settings *settings = settings_at(client, buf_string(text), url.origin_len, &wrong);
  if (!settings) return wrong;
  settings_ref(settings);
  settings_unref(job->settings);
  job->settings = settings;
  job->request.away = !home;
  return request_aim(&job->request, &settings->base, url.target, url.target_len) ? NULL : "does not fit into memory";
}

const char *aim_at(lua_State *L, struct client *client, struct job *job) {
  size_t len;
  int top = lua_gettop(L);
  if (!client->settings || job->provider != client->provider) luaL_error(L, "the client is closed, or another one");
  struct buf *text = binding_new_buf(L, (size_t)2 * URL_MAX);
  const char *bytes = binding_bytes(L, top, &len);
  if (!bytes) return "is neither a text nor a secret that is open";
  bool ok = len <= URL_MAX && buf_add(text, bytes, len);
  if (!ok) return len > URL_MAX ? "is longer than 8192 bytes" : "does not fit into memory";
  lua_getuservalue(L, 2);
  lua_getfield(L, -1, "aims");
  luaL_checktype(L, -1, LUA_TTABLE);
  const char *wrong = aim_job(L, client, job, text, lua_gettop(L));
  buf_free(text);
  return wrong;
}
