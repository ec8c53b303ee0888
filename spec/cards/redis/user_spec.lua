--- The user of Redis that docs/guide/redis.md shows: what our code sends it may send, a job runs as it, and it has no more than that.

local new_job = require("support.job").new
local program = require "support.program"
local started = require "support.redis"

local PASSWORD = "planted-wrong-horse"

--- The line of the guide.
local function user_of_guide()
  for line in io.lines "docs/guide/redis.md" do
    local user = line:match "^user (cards on .*)$"
    if user then
      return (user:gsub(">PASSWORD", ">" .. PASSWORD))
    end
  end
end

local server

setup(function() server = started.start { users = { "default off", user_of_guide() } } end)
teardown(started.stop_all)

describe("the user of the guide", function()
  it("has the commands that our code sends, and no others", function()
    local allowed, sent = {}, { EVALSHA = true }
    for name in user_of_guide():gmatch "%+(%S+)" do
      allowed[name:upper()] = true
    end
    local files = program.shell "find lua/cards -name '*.lua'"
    for path in files:gmatch "%S+" do
      local file = io.open(path)
      for name in file:read "*a":gsub('"SCRIPT", "LOAD"', '"SCRIPT|LOAD"'):gmatch 'call%(%s*"([%u|]+)"' do
        sent[name] = true
      end
      file:close()
    end
    assert.same(sent, allowed)
  end)

  it("is asked before a job for what the scripts of jobs send", function()
    local sent, asked = {}, {}
    for path in program.shell "ls lua/cards/redis/scripts/job_*.lua":gmatch "%S+" do
      local file = io.open(path)
      local text = file:read "*a"
      file:close()
      for name in text:gmatch 'call%(%s*"(%u+)"' do
        sent[name] = true
      end
      local list = text:match "local COMMANDS = (.-)\n\n"
      for name in (list or ""):gmatch "%u+" do
        asked[name] = true
      end
    end
    assert.same(sent, asked)
  end)

  it("runs a job", function()
    local job = new_job { url = function(name) return server.url(name, "cards") end }
    job:flow(nil, "slow_first_byte=0")
    job.write("ids.csv", job.ids(20))
    local options = { env = { CARDS_REDIS_PASSWORD = PASSWORD } }
    for _, command in ipairs { "feed", "work", "collect" } do
      local output, status = job[command](nil, options)
      assert.equal(0, status, output)
      assert.falsy(output:find("planted", 1, true))
    end
    assert.equal(20, select(2, job:lines "out"))
    job.remove()
  end)

  it("gets no other commands and keys", function()
    local output, status = program.run(([[
      local server = assert(require "cards.redis".new(%q))
      for _, words in ipairs { { "FLUSHALL" }, { "CONFIG", "GET", "*" }, { "KEYS", "*" }, { "SCRIPT", "FLUSH" }, { "GET", "other" }, { "ACL", "LIST" } } do
        print(select(2, server:call((table.unpack or unpack)(words))).code)
      end
    ]]):format(server.url("x", "cards")), { env = { CARDS_REDIS_PASSWORD = PASSWORD } })
    assert.equal(0, status, output)
    assert.equal(("NOPERM\n"):rep(6), output)
  end)
end)
