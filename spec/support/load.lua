--- Requests that go on until the spec has seen enough.

local nginx = require "support.nginx"

local load = {}

--- Sends requests to a server while a function runs, some at a time, each over a connection of its own.
-- @param server as of nginx.start
-- @param options { path, body = what each has to be answered with, connections = 8, fails = true where some may }
-- @param run function(load): load.done is the number of good answers so far
-- @return { done, failures = a list of texts }
function load.during(server, options, run)
  local state = { done = 0, failures = {}, over = false }

  local function go_on()
    while not state.over do
      local answer, why = server:get(options.path)
      if answer and answer.status == 200 and answer.body == options.body then
        state.done = state.done + 1
      else
        state.failures[#state.failures + 1] = answer and answer.status .. " " .. answer.body or why
        if not options.fails then return end
        require "cqueues".sleep(0.01)
      end
    end
  end

  --- Waits until so many more requests are answered well.
  function state.more(count)
    local wanted = state.done + count
    nginx.wait_for(count .. " more answers", function() return state.done >= wanted or state.failures[1] and not options.fails end)
  end

  local functions = { function()
    local ok, why = pcall(run, state)
    state.over = true
    if not ok then error(why, 0) end
  end }
  for _ = 1, options.connections or 8 do functions[#functions + 1] = go_on end
  nginx.together(table.unpack(functions))
  return state
end

return load
