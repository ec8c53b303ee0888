--- Keys that others have written or left behind in Redis, and users of Redis who may do too little: nothing is lost, and a message says what is wrong.

local cli = require "support.cli"
local new_job, ends = require("support.job").new, require("support.job").ends
local program = require "support.program"
local redis = require "support.redis"

local PASSWORD = "planted-wrong-horse"

local server, job

setup(function() server = redis.start() end)
teardown(redis.stop_all)
before_each(function()
  job = new_job(server)
  job:flow "return function(row) return { id = row.id } end"
  job.write("ids.csv", job.ids(50))
end)
after_each(function()
  job.remove()
  server.cli "FLUSHALL"
end)

describe("a job", function()
  it("loses no row where its results are no stream", function()
    assert.equal(0, select(2, job.feed()))
    job.ask("SET", "results", "x")
    cli.fails(1, "Operation against a key holding the wrong kind of value", job.work_arguments())
    job.ask("DEL", "results")
    ends(job.start_work())
    ends(job.start_collect())
    assert.equal(50, (job.check_whole(50)))
  end)

  it("counts nothing of an earlier one of its name of which keys are left", function()
    job.ask("HSET", "counts", "done 50 failed 7")
    job.ask("XADD", "results", [[50-0 line '{"row":1,"result":1}']])
    job.ask("XGROUP CREATE", "rows", "workers 0 MKSTREAM")
    job.ask("SET", "workers", "x")
    assert.equal(0, select(2, job.feed()))
    assert.matches("50 rows of 50 done", ends(job.start_work()))
    ends(job.start_collect())
    assert.equal(50, (job.check_whole(50)))
  end)

  it("leaves no key for ever whose only worker is killed at once", function()
    job:flow "return function(row) if row.id == 'c_9' then cards.sleep(0.3) os.execute 'kill -9 $PPID; sleep 1' end return row end"
    assert.equal(0, select(2, job.feed()))
    ends(job.start_work { "--concurrency", "1" }, 137)
    for key in server.cli(("KEYS 'cards:{%s}:*'"):format(job.name)):gmatch "%S+" do
      assert.is_true(tonumber(server.cli(("TTL '%s'"):format(key))) > 0, key)
    end
  end)

  it("is not begun, and not damaged, by a user who may not run all commands", function()
    local user
    for line in io.lines "docs/guide/redis.md" do
      user = user or line:match "^user (cards on .*)$"
    end
    user = user:gsub(">PASSWORD", ">" .. PASSWORD)
    local restricted = new_job { url = function(name) return server.url(name, "cards") end, cli = server.cli }
    restricted:flow "return function(row) return { id = row.id } end"
    restricted.write("ids.csv", restricted.ids(50))
    local options = { env = { CARDS_REDIS_PASSWORD = PASSWORD } }
    for _, command in ipairs { "hincrby", "hset", "xlen", "xadd" } do
      server.cli("ACL SETUSER " .. user:gsub("^(%S+) on", "%1 reset on"):gsub("([>~]%S+)", "'%1'"):gsub("script|load", "'%0'"))
      server.cli("ACL SETUSER cards -" .. command)
      for _, arguments in ipairs { restricted.feed_arguments(), restricted.work_arguments(), restricted.collect_arguments() } do
        cli.fails(1, "auth (code NOPERM): the user of Redis may not run this command, or not with this key: " .. command, arguments, options)
      end
      server.cli("ACL SETUSER cards +" .. command)
      assert.equal(0, select(2, restricted.feed(nil, options)))
      server.cli("ACL SETUSER cards -" .. command)
      cli.fails(1, "may not run this command, or not with this key: " .. command, restricted.work_arguments(), options)
      server.cli("ACL SETUSER cards +" .. command)
      ends(restricted.start(restricted.work_arguments(), options.env))
      ends(restricted.start(restricted.collect_arguments(), options.env))
      assert.equal(50, (restricted.check_whole(50)))
      cli.runs("removed", { "status", "--from", restricted.url, "--remove" }, { env = options.env })
      program.shell(("rm -f %s/out*"):format(restricted.folder))
    end
    restricted.remove()
  end)

  it("is refused, listed and removed where its keys are broken", function()
    server.cli "HSET 'cards:{broken}:meta' version 1 id x"
    server.cli "HSET 'cards:{a b}:meta' version 1"
    server.cli "SET 'cards:{text}:meta' 1"
    assert.equal(0, select(2, job.feed()))
    local listed = cli.runs("50 rows done", { "status", "--from", server.url "" })
    assert.matches("broken: the keys of this name are those of no job", listed, 1, true)
    assert.matches("text: redis.evalsha: provider (code WRONGTYPE)", listed, 1, true)
    assert.is_nil(listed:find("a b", 1, true))
    local url = server.url "broken"
    for _, arguments in ipairs {
      { "status", "--from", url }, { "work", job.folder .. "/flow.lua", "--from", url }, { "collect", "--from", url, "--out", job.folder .. "/out" },
    } do
      cli.fails(1, "the keys of this name are those of no job", arguments)
    end
    for _, field in ipairs {
      { "sealed", "[", "" }, { "columns", "1", '["id"]' }, { "lease", "x", "60" }, { "trimmed", "-1", "0" }, { "total", "1e400", "50" }, { "fed", "", "50" },
      { "deliveries", "2.5", "3" },
    } do
      local name, wrong, right = field[1], field[2], field[3]
      job.ask("HSET", "meta", ("%s '%s'"):format(name, wrong))
      for _, arguments in ipairs { job.feed_arguments(), job.work_arguments(), job.collect_arguments() } do
        cli.fails(1, "the keys of this name are those of no job: meta has no " .. name .. " that can be read", arguments)
      end
      job.ask("HSET", "meta", ("%s '%s'"):format(name, right))
    end
    job.ask("HSET", "counts", [["kind $(printf '\033[31m')" 3 failed 1e400 done x]])
    assert.matches("0 of 50 rows done, .*0 failed", cli.run { "status", "--from", job.url })
    job.ask("DEL", "rows")
    cli.fails(1, "NOGROUP", job.work_arguments())
    cli.runs("removed: 50 rows not done", { "status", "--from", job.url, "--remove" })
  end)
end)
