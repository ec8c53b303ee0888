--- Names of hosts: one look-up for all calls that wait for it, and what came of it is remembered.
--
-- A look-up is a thread of libcurl's. It is held up by a pipe in the place of a file that the C library reads for it, so that the threads can be counted, and
-- whoever looks up once more waits for ever, by $HOSTALIASES for a name that nobody knows.

local program = require "support.program"

local unpack = table.unpack or unpack -- luacheck: ignore
local CALLS = 64
local THREADS = 2 -- of one look-up: newer libcurls have one for each kind of address

-- Threads of the process; clients of the name and of an address; `together` runs so many calls at once, and `meanwhile` once all of them are under way.
local PRELUDE = [[
  local cards, core, sandbox = require "cards", require "cards.core", require "support.sandbox"
  local calls, held = %d, %q
  local finished = 0

  local function threads()
    local pipe = io.popen "ls /proc/$PPID/task | wc -l"
    local count = pipe:read "*n"
    pipe:close()
    return count
  end

  local here = cards.alix.new(sandbox.config("alix", { base_url = sandbox.url "HTTP_URL" .. "/alix", insecure_http = true }))
  assert(here:private_info "c_1")
  local before = threads()

  --- Waits for so long, while the calls go on.
  local function wait(seconds) assert(here:private_info("c_1", { headers = { ["X-Sandbox"] = "slow_first_byte=" .. seconds } })) end

  local function together(count, call, meanwhile)
    local functions = {}
    for i = 1, count do
      functions[i] = function()
        local record, err = call(i)
        finished = finished + 1
        return record, err
      end
    end
    functions[count + 1] = function()
      wait(0.2)
      if finished > 0 then
        print "cannot be told"
        os.exit(0)
      end
      meanwhile()
    end
    return { cards.all(functions) }
  end
]]

local temporary = {}

--- A pipe, in a folder of its own.
local function pipe()
  local folder = program.shell "mktemp -d":match "^[^\n]*"
  temporary[#temporary + 1] = folder
  program.shell(("chmod 755 %s && mkfifo -m 666 %s/pipe"):format(folder, folder))
  return folder .. "/pipe"
end

teardown(function()
  for _, folder in ipairs(temporary) do
    os.execute("rm -rf " .. folder)
  end
end)

--- What a program prints, by lines; nil and why where its look-ups cannot be held up.
local function run(source, options)
  local output, status = program.run(source, options)
  if output:find("cannot be told", 1, true) then
    return nil, "look-ups cannot be held up here"
  end
  assert.equal(0, status, output)
  local lines = {}
  for line in output:gmatch "[^\n]+" do
    lines[#lines + 1] = line
  end
  return lines
end

describe("a name that nobody knows", function()
  -- An alias with an empty label fails without a question to anybody; should the C library ask after all, it is not to take long.
  local function options_of(path)
    return { env = { HOSTALIASES = path, RES_OPTIONS = "attempts:1 timeout:1" }, prefix = "timeout 60" }
  end

  local RELEASE = [[
    local function rename(from)
      assert(os.rename(from, held))
    end
    local plain = assert(io.open(held .. ".plain", "w"))
    plain:write "cards-unknown x..y\n"
    plain:close()
    assert(os.execute("mkfifo -m 666 " .. held .. ".second"))

    --- Lets those go that wait, and all that come from now on.
    local function release()
      local file = assert(io.open(held, "w"))
      rename(held .. ".plain")
      file:write "cards-unknown x..y\n"
      file:close()
    end

    --- Holds up all that come from now on.
    local function hold() rename(held .. ".second") end

    local client = cards.alix.new { base_url = "https://cards-unknown:1", access_token = "t", retries = 0, timeout = 20, connect_timeout = 20 }
  ]]

  it("is looked up once for all calls, and its failure is everybody's, for a second", function()
    local lines, why
    local function round()
      local path = pipe()
      lines, why = run(PRELUDE:format(CALLS, path) .. RELEASE .. [[
      local released
      local results = together(calls, function(i) return client:private_info("c_" .. i) end, function()
        print(threads() - before)
        released = core.now()
        release()
      end)
      hold()
      local first = results[1][2]
      local same = 0
      for i = 1, calls do
        local err = results[i][2]
        same = same + ((err.kind == "network" and err.message == first.message and err.attempts == 1 and err.retryable) and 1 or 0)
      end
      print(same)
      print(first.message)
      local _, again = client:private_info("again", { timeout = 0.5 })
      print(again.kind, again.message == first.message)
      print(core.now() - released < 1 and "in time" or "too late")
      local started, later = core.now()
      repeat
        later = select(2, client:private_info("later", { timeout = 0.2 }))
      until later.kind == "timeout" or core.now() > started + 20
      print(later.kind)
      ]], options_of(path))
    end
    local rounds = 0
    repeat -- says nothing of "again" where the machine was held up for the second
      round()
      rounds = rounds + 1
    until rounds == 5 or not lines or lines[5] == "in time"
    if not lines then
      pending(why)
      return
    end
    assert.is_true(tonumber(lines[1]) >= 1 and tonumber(lines[1]) <= THREADS, "look-ups")
    assert.equal(tostring(CALLS), lines[2], "calls that failed in the same way")
    assert.matches("^the host name was not found: .*cards%-unknown", lines[3])
    assert.equal("network\ttrue", lines[4], "it was looked up again at once")
    assert.equal("timeout", lines[6], "it was never looked up again")
  end)

  it("is looked up by another call where the first one has given up", function()
    local path = pipe()
    local lines, why = run(PRELUDE:format(CALLS, path) .. RELEASE .. [[
      local results = together(4, function(i) return client:private_info("c_" .. i, { timeout = i == 1 and 2 or 20 }) end, function()
        print(threads() - before)
        repeat wait(0.05) until finished == 1
        wait(0.1)
        print(threads() - before)
        release()
      end)
      for i = 1, 4 do print(results[i][2].kind) end
    ]], options_of(path))
    if not lines then
      pending(why)
      return
    end
    assert.is_true(tonumber(lines[1]) >= 1 and tonumber(lines[1]) <= THREADS, "look-ups")
    assert.equal(2 * lines[1], tonumber(lines[2]), "look-ups in the end")
    assert.same({ "timeout", "network", "network", "network" }, { unpack(lines, 3) })
  end)
end)
