--- A batch for the program: rows, a flow that asks the light upstream, and commands of `cards` that are measured.
--
--     local batch = new_batch(servers, 200000)
--     batch.run()                                             -- `cards run` over all rows
--     local seconds, cpu, peak = batch.start("status …")()
--     batch.remove()

local cli = require "support.cli"

local lua = os.getenv "LUA_BIN" or "lua5.4"

--- @param url of the light upstream
-- @param rows how many
-- @return { input, flow = paths, start, run, remove }
return function(url, rows)
  local folder, write, read, remove = cli.folder()
  local ids = {}
  for i = 1, rows do
    ids[i] = "c_" .. i - 1
  end
  local measured = write("measured.lua", [[
local core, cli = require "cards.core", require "cards.cli"
local began, cpu = core.now(), os.clock()
local status = cli(arg)
local seconds = core.now() - began
local peak
for line in io.lines "/proc/self/status" do
  peak = line:match "^VmHWM:%s*(%d+)" or peak
end
print(status, seconds, os.clock() - cpu, peak)
]])
  local batch = { input = write("ids.csv", "id\n" .. table.concat(ids, "\n") .. "\n"), remove = remove }
  batch.flow = write("flow.lua", ([[
local cards = require "cards"
local alix = cards.alix.new { base_url = %q, insecure_http = true, access_token = "alix_token_sandbox" }
return function(row) return alix:private_info(row.id) end
]]):format(url .. "/alix"))

  --- Starts a command. @return a function that waits for its end and returns its seconds, those of CPU, and its most KiB
  function batch.start(arguments)
    local pipe = assert(io.popen(("%s %s %s 2>%s/said"):format(lua, measured, arguments, folder)))
    return function()
      local status, seconds, cpu, peak = (pipe:read "*l" or ""):match "^(%d+)%s(%S+)%s(%S+)%s(%S+)$"
      pipe:close()
      if status ~= "0" then
        error("it failed: " .. arguments .. ": " .. read "said")
      end
      return tonumber(seconds), tonumber(cpu), tonumber(peak)
    end
  end

  --- Runs all rows anew. @return { rate = rows a second, cpu = microseconds of a row, peak = MiB }
  function batch.run()
    os.execute(("rm -f %s/out*"):format(folder))
    local seconds, cpu, peak = batch.start(("run %s --in %s --out %s/out"):format(batch.flow, batch.input, folder))()
    return { rate = rows / seconds, cpu = cpu / rows * 1e6, peak = peak / 1024 }
  end
  return batch
end
