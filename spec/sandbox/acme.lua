--- Acme, the provider of the definitions in the specs, in the form that providers.lua explains: GET /acme/cards/{id}, and a list in pages,
-- GET /acme_list/lists/{id}?page_token=…, and POST /acme_form/cards/{id} with a form.

local json = require "json"
local request = require "request"

local object, array = json.object, json.array

local acme = {}

local function bearer(r)
  local value = r.headers.authorization
  return type(value) == "string" and value:match "^Bearer (.+)$" or nil
end

-- Whatever a definition may have been told to send.
local function credentials(r)
  local list = {}
  list[1] = bearer(r)
  list[#list + 1] = r.headers["x-key"]
  local basic = tostring(r.headers.authorization):match "^Basic (.+)$"
  if basic then
    list[#list + 1] = basic
    list[#list + 1] = ngx.decode_base64(basic)
  end
  return list
end

local function envelope(status, code, message)
  return object { "ok", false, "error", object { "code", code or "E" .. status, "message", message or "The request was refused" } }
end

local function check(r, valid)
  if not valid(bearer(r), "acme_token_sandbox") then return { 401, nil, "Unauthorized" } end
end

acme.acme = {
  method = "GET", path = { "cards", ":id" },
  record = "data", keep = {}, text = "data.holder.name", number = "data.exp_month",
  pan = "data.pan", cvv = "data.cvv", secrets = { "data.pan", "data.cvv" }, echo = { "data.id" },
  credentials = credentials, check = check, envelope = envelope,

  answer = function(r, plant)
    return object { "ok", true, "data", object { "id", r.id, "pan", plant.pan or "4111111111111111", "cvv", plant.cvv or "123", "exp_month", 7,
      "holder", object { "name", plant.name or "John Doe" }, "note", "nobody declares this" } }
  end,
}

acme.acme_form = {}
for key, value in pairs(acme.acme) do acme.acme_form[key] = value end
acme.acme_form.method, acme.acme_form.form = "POST", true

-- Three pages, 1 to 3, of two items. A list named circle… goes back from 3 to 2.
acme.acme_list = {
  method = "GET", path = { "lists", ":id" },
  keep = {}, text = "next", number = "count", secrets = {}, echo = {},
  credentials = credentials, check = check, envelope = envelope,

  answer = function(r)
    local page = tonumber(request.argument(r, "page_token") or request.argument(r, "after") or "1")
    local items = array {}
    for i = 1, 2 do
      items[i] = object { "id", tostring(page + i - 1), "pan", "4111111111111111", "holder", object { "name", "John Doe" },
        "tags", array { "a", "b" }, "note", "nobody declares this" }
    end
    local following = page < 3 and page + 1 or r.id:find "^circle" and 2 or nil
    return object { "ok", true, "items", items, "count", page, "has_more", following ~= nil }:set("next", following and tostring(following))
  end,
}

return acme
