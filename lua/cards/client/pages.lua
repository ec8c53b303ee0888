--- An iterator over the pages of a list, which makes one call for each.

local check = require "cards.util.check"
local core = require "cards.core"
local paths = require "cards.define.paths"

local function failed(kind, name, message)
  local provider, operation = name:match "^([^.]*)%.(.*)$"
  return core.error { kind = kind, provider = provider, operation = operation, message = message, retryable = false, attempts = 1 }
end

local function protocol(name, message)
  return failed("protocol", name, message)
end

local function same(a, b)
  if type(a) == "userdata" then
    return a:equals(b)
  elseif type(b) == "userdata" then
    return b:equals(a)
  end
  return a == b
end

--- Whether a value can be the cursor of the next page; an empty one cannot.
local function is_cursor(value)
  return type(value) == "number" or ((type(value) == "string" or type(value) == "userdata") and #value > 0)
end

--- The cursor of the next page; nil after the last page; or nil and an error.
local function follow(page, name, record)
  if page.cursor then
    local cursor = paths.follow(record, page.cursor)
    if is_cursor(cursor) then
      return cursor
    elseif type(cursor) == "table" or cursor == true then
      return nil, protocol(name, "what the next page is asked for with is neither a text nor a number")
    end
    return nil
  end
  local more = paths.follow(record, page.more)
  if more == nil or more == false then
    return nil
  elseif more ~= true then
    return nil, protocol(name, "the answer says neither true nor false about whether there is more")
  end
  local items = paths.follow(record, page.items)
  local last = type(items) == "table" and rawget(items, paths.last_place(items))
  local cursor = type(last) == "table" and paths.follow(last, page.last)
  if not is_cursor(cursor) then
    return nil, protocol(name, "the answer says that there is more, but not after what")
  end
  return cursor
end

--- The value of the parameter for the next page, of a cursor; or nil and an error where it is a card's number that the definition does not allow there: it came
-- from the provider, so that it is no mistake of the caller's.
local function value_of(cursor, page, param, name)
  local value = type(cursor) == "number" and core.number(cursor) or cursor
  local wrong = check.SEEN[param.into] and not param.allow_pan and check.no_pan(value, page.into)
  if wrong then
    return nil, failed("invalid_request", name, wrong .. ": a definition can allow it (allow_pan = true)")
  end
  return param.type == "string" and value or cursor
end

--- An iterator over pages.
-- @param call function(parameters) that returns the record of a page, or nil and an error
-- @param page { items, cursor, more, last, into } of the definition
-- @param name "acme.list"
-- @param parameters of the first page
-- @param param the descriptor of the parameter for the next page
-- @return an object that is called for the record of the next page. It returns nil at the end, or nil and an error, which then stays in its field `err`
return function(call, page, name, parameters, param)
  local asked = {}
  for key, value in pairs(parameters or {}) do
    asked[key] = value
  end
  local ended, failure
  local seen, distance, room = nil, 0, 1 -- Brent's algorithm finds any circle: it compares with one cursor, which it replaces after 1, 2, 4, … pages
  local pages = {}

  local function next_page()
    if ended then
      return nil, pages.err
    elseif failure then
      ended, pages.err = true, failure
      return nil, failure
    end
    local record, err = call(asked)
    if not record then
      ended, pages.err = true, err
      return nil, err
    end
    local cursor
    cursor, failure = follow(page, name, record)
    ended = not cursor and not failure
    if cursor then
      if seen ~= nil and same(seen, cursor) then
        failure = protocol(name, "the answer goes back to a page that was read already")
      end
      distance = distance + 1
      if distance == room then
        seen, distance, room = cursor, 0, room * 2
      end
      if not failure then
        asked[page.into], failure = value_of(cursor, page, param, name)
      end
    end
    return record
  end

  return setmetatable(pages, { __call = next_page })
end
