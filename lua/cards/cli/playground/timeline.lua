--- The picture of a call's time: what each try did, in seconds from the beginning of the call.

local to_json = require "cards.cli.json"
local wire = require "cards.cli.playground.wire"

--- @param begin, finish of the call, on the clock of core.now
-- @param tries that the relay saw
-- @param event that the client told of the call, or nil
-- @return a list of { what, try, begin, end, outcome }
return function(begin, finish, tries, event)
  local list, at = to_json.list {}, 0
  local function add(what, try, to, outcome)
    if to > at then
      list[#list + 1] = { what = what, try = try, begin = at, ["end"] = to, outcome = outcome }
      at = to
    end
  end
  for i, try in ipairs(tries) do
    local arrived, is_last = try.begin - begin, i == #tries
    if is_last and event and event.connect then
      add("wait", i, arrived - event.resolve - event.connect - event.tls)
      add("resolve", i, arrived - event.connect - event.tls)
      add("connect", i, arrived - event.tls)
      add("tls", i, arrived)
    else
      add(i == 1 and "connect" or "wait", i, arrived)
    end
    local answer = wire.answer(table.concat(try.answer))
    local outcome = answer and ("HTTP %d"):format(answer.status) or nil
    if try.first then
      add("first byte", i, try.first - begin)
    end
    add("done", i, (is_last and finish or try.done or finish) - begin, outcome or (is_last and event and event.kind) or "no answer")
  end
  return list
end
