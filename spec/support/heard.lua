--- Listeners of specs.

local heard = {}

--- An on_event that adds the events of calls to a list, and not those of their tries.
function heard.calls(list)
  return function(event)
    if event.event == "call" then list[#list + 1] = event end
  end
end

return heard
