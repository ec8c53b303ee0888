--- One request as it came: raw target, headers, body, and what a strict server reads from them.
--
-- nginx merges slashes, resolves `..` and decodes before it matches a location. Whether a
-- card id stays one path segment is what the specs ask, so everything here starts from
-- the raw request target.

local request = {}

--- Percent-decoding; nil where an escape is malformed.
function request.decode(s)
  if s:gsub("%%%x%x", ""):find("%", 1, true) then return nil end
  return (s:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

--- The pairs of a query string as a list of { name, value }; nil where one is malformed.
function request.query(text)
  local list = {}
  for part in text:gmatch "[^&]+" do
    local name, value = part:match "^([^=]*)=?(.*)$"
    name, value = request.decode((name:gsub("+", " "))), request.decode((value:gsub("+", " ")))
    if not name or not value then return nil end
    list[#list + 1] = { name, value }
  end
  return list
end

--- The value of a query parameter of a request, or nil.
function request.argument(self, name)
  for _, pair in ipairs(self.query or {}) do
    if pair[1] == name then return pair[2] end
  end
end

--- A header or field that is there once, as a string; otherwise nil.
function request.one_string(v) return type(v) == "string" and v or nil end

--- The credential of an authorization scheme, or nil where the header is missing, doubled or of another scheme.
function request.authorization(self, scheme)
  local value = request.one_string(self.headers.authorization)
  return value and value:match("^" .. scheme .. " (.+)$")
end

--- Reads the current request, body included (save where it is to stay unread): { method, uri, path, query, query_text, headers, body, ... }.
-- Headers are keyed by lower-case name; one that came more than once is a table of values.
function request.read(unread)
  if not unread then ngx.req.read_body() end
  local uri = ngx.var.request_uri
  local target = uri:gsub("^https?://[^/]*", "")    -- absolute form, as a proxy is sent it
  local path, mark, query = target:match "^([^?]*)(%??)(.*)$"
  local headers = {}
  for name, value in pairs(ngx.req.get_headers(0, true)) do headers[name:lower()] = value end
  return {
    method = ngx.req.get_method(),
    unread = unread,
    uri = uri,
    path = path,
    has_query = mark == "?",
    query_text = query,
    query = request.query(query),
    headers = headers,
    body = ngx.req.get_body_data() or "",
  }
end

--- Matches a raw path against segments such as { "cards", ":id" }.
-- Returns true and the decoded id where they match, nil otherwise.
function request.match(path, segments)
  local at, id = 0, nil
  for segment in path:gmatch "/([^/]*)" do
    at = at + 1
    local wanted = segments[at]
    if wanted == ":id" then
      id = request.decode(segment)
      if not id or id == "" then return nil end
    elseif segment ~= wanted then
      return nil
    end
  end
  if at ~= #segments then return nil end
  return true, id
end

return request
