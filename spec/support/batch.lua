--- Runs of `cards run` in a folder of their own: a flow that asks the sandbox, its input, and the lines that come out.

local cli = require "support.cli"
local core = require "cards.core"
local sandbox = require "support.sandbox"

local batch = {}

--- A new folder. @return { folder, write, read, remove } of cli.folder, and the methods below
function batch.new()
  local self = setmetatable({}, { __index = batch })
  self.folder, self.write, self.read, self.remove = cli.folder()
  return self
end

--- Writes flow.lua: the code, which has the upvalues cards and alix, returns the function of a row.
-- @param code Lua; a flow that asks for row.id where it is left out
-- @param case what a call asks the sandbox for
function batch:flow(code, case)
  return self.write("flow.lua", ([[
    local cards = require "cards"
    local case = %q
    local alix = cards.alix.new {
      base_url = %q, access_token = %q, tls = { ca_file = %q }, retries = 0, headers = case ~= "" and { ["X-Sandbox"] = case } or nil,
    }
    %s
  ]]):format(case or "", sandbox.url "HTTPS_URL" .. "/alix", sandbox.credentials("alix").access_token, sandbox.url "CA_FILE",
    code or "return function(row) return alix:private_info(row.id) end"))
end

-- What a flow waits in: the row of c_N until batch:let has said N or more. One line, as errors say those of the code behind it.
local HOLD = "local let = 0; local function hold(row) local number = tonumber(row.id:match '%%d+') while number > let do "
  .. "local file = io.open(%q) let = file:read '*n' or let file:close() if number > let then cards.sleep(0.05) end end end "

--- Writes flow.lua as batch:flow, with the upvalue `hold(row)`, which waits until batch:let has said the number of the row or a larger one.
-- @param number said at once, 0 where it is left out
function batch:held_flow(code, case, number)
  self:let(number or 0)
  return self:flow(HOLD:format(self.folder .. "/let") .. (code or "return function(row) hold(row) return alix:private_info(row.id) end"), case)
end

--- Lets the rows of a held flow go on up to this one, all where it is left out.
function batch:let(number)
  self.write("let.new", ("%d"):format(number or 1e9))
  assert(os.rename(self.folder .. "/let.new", self.folder .. "/let"))
end

--- CSV with the column id: c_1, c_2, …
function batch.ids(count)
  local list = { "id" }
  for i = 1, count do
    list[i + 1] = "c_" .. i
  end
  return table.concat(list, "\n") .. "\n"
end

--- The lines of a file by their row's number; each stands there once. @return them, and their count
function batch:lines(name)
  local list, count = {}, 0
  for line in (self.read(name) or ""):gmatch "([^\n]*)\n" do
    local value = assert(core.json_decode(line), line)
    assert(list[value.row] == nil, "twice: " .. line)
    list[value.row] = value
    count = count + 1
  end
  return list, count
end

--- The arguments of a run of flow.lua over ids.csv into out, with more of them.
function batch:arguments(more)
  local list = { "run", self.folder .. "/flow.lua", "--in", self.folder .. "/ids.csv", "--out", self.folder .. "/out" }
  for _, argument in ipairs(more or {}) do
    list[#list + 1] = argument
  end
  return list
end

--- Runs it to its end. @return as cli.run
function batch:run(more, options)
  return cli.run(self:arguments(more), options)
end

--- The summary that a run wrote, as a table.
function batch:summary()
  return assert(core.json_decode(assert(self.read "out.summary.json")))
end

return batch
