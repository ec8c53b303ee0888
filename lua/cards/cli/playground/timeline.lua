--- The picture of a call's time: what each attempt did, in seconds from the beginning of the call, as the client's event tells it.

local to_json = require "cards.cli.json"

--- @param event of the client; nil where the call did not get so far
-- @return a list of { what, try, begin, end, outcome }, the outcome with the last one of each attempt
return function(event)
  local list, at = to_json.list {}, 0
  local function add(what, try, to)
    if to > at then
      list[#list + 1] = { what = what, try = try, begin = at, ["end"] = to }
      at = to
    end
  end
  local function attempt(try, of, ended)
    if try == 1 then
      at = of.began
    end
    add("wait", try, of.began)
    for _, what in ipairs { "resolve", "connect", "tls" } do
      add(what, try, at + of[what])
    end
    add("first byte", try, of.first_byte or 0)
    add("done", try, ended)
    local last = list[#list]
    if last and last.try == try then
      local status = of.status and ("HTTP %d"):format(of.status)
      last.outcome = status and of.kind and of.status < 400 and ("%s, %s"):format(status, of.kind) or status or of.kind
    end
  end
  if not event or not event.began then
    return list
  end
  for i, one in ipairs(event.earlier or {}) do
    attempt(i, one, one.ended)
  end
  attempt(event.attempts, event, event.seconds)
  return list
end
