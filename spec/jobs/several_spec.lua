--- Two of a kind at work on a job, and those that do not belong to it.

local cli = require "support.cli"
local jobs = require "support.job"
local program = require "support.program"
local redis = require "support.redis"

local server, job

setup(function() server = redis.start() end)
teardown(redis.stop_all)
before_each(function()
  job = jobs.new(server)
  job:flow "return function(row) cards.sleep(0.005) return { id = row.id } end"
end)
after_each(function() job.remove() end)

describe("a job", function()
  it("has each row once where two feed it", function()
    job.write("ids.csv", job.ids(20000))
    local feeders = { job.start_feed { "--backlog", "2000" }, job.start_feed { "--backlog", "2000" } }
    job.wait_for_fed(2000)
    program.wait_for("both to feed", function() return select(2, server.cli "CLIENT LIST":gsub("cmd=evalsha", "")) >= 2 end)
    local worker, collector = job.start_work(), job.start_collect()
    assert.matches("another feed was at work", table.concat(jobs.all_end(feeders)), 1, true)
    jobs.all_end { worker, collector }
    job.check_whole(20000)
  end)

  it("is not fed from another input, and is worked on by no other flow", function()
    job.write("ids.csv", job.ids(10))
    assert.equal(0, select(2, job.feed()))
    job.write("ids.csv", job.ids(11))
    cli.fails(1, "the job was fed from another input than", job.feed_arguments())
    assert.equal(0, select(2, job.work()))
    job:flow "return function(row) return 1 end"
    cli.fails(1, "the job's first worker had another flow than", job.work_arguments())
    cli.runs("10 rows of 10 done", job.work_arguments { "--accept-flow" })
  end)

  it("is collected by one at a time", function()
    job.write("ids.csv", job.ids(4000))
    assert.equal(0, select(2, job.feed()))
    local first = job.start_collect()
    program.wait_for("its lock", function() return job.ask("EXISTS", "collector") == 1 end)
    cli.fails(1, "another cards collect is at work", { "collect", "--from", job.url, "--out", job.folder .. "/other" })
    assert.equal(0, select(2, job.work()))
    jobs.ends(first)
    job.check_whole(4000)
    cli.fails(1, "results of the job were collected into other files", { "collect", "--from", job.url, "--out", job.folder .. "/other" })
  end)

  it("of another version is touched by no command", function()
    job.write("ids.csv", job.ids(10))
    assert.equal(0, select(2, job.feed()))
    job.ask("HSET", "meta", "version 9")
    for _, arguments in ipairs {
      job.feed_arguments(), job.work_arguments(), job.collect_arguments(), { "status", "--from", job.url }, { "status", "--from", job.url, "--remove" },
    } do
      cli.fails(1, "was made by another version of cards (its keys have version 9, these are 1)", arguments)
    end
    assert.equal(10, job.ask("XLEN", "rows"))
  end)

  it("goes by the clock of Redis alone", function()
    local skew = job.folder .. "/skew.so"
    local source = job.write("skew.c", [[
      #define _GNU_SOURCE
      #include <stdlib.h>
      #include <sys/syscall.h>
      #include <sys/time.h>
      #include <time.h>
      #include <unistd.h>
      static long skew(void) { return atol(getenv("SKEW")); }
      int clock_gettime(clockid_t id, struct timespec *at) {
        int failed = (int)syscall(SYS_clock_gettime, id, at);
        if (!failed && id == CLOCK_REALTIME) at->tv_sec += skew();
        return failed;
      }
      time_t time(time_t *at) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        if (at) *at = now.tv_sec;
        return now.tv_sec;
      }
      int gettimeofday(struct timeval *restrict at, void *restrict zone) {
        struct timespec now;
        (void)zone;
        clock_gettime(CLOCK_REALTIME, &now);
        *at = (struct timeval){ now.tv_sec, now.tv_nsec / 1000 };
        return 0;
      }
    ]])
    local said, failed = program.shell(("cc -shared -fPIC -o %s %s"):format(skew, source))
    assert.equal(0, failed, said)
    job:held_flow "return function(row) if os.getenv 'SKEW' == '86400' then hold(row) end cards.sleep(0.005) return { id = row.id } end"
    job.write("ids.csv", job.ids(6000))
    assert.equal(0, select(2, job.feed()))
    job:let(300)
    local function skewed(seconds, arguments)
      return job.start(arguments, { LD_PRELOAD = skew, SKEW = tostring(seconds) })
    end
    local ahead = skewed(86400, job.work_arguments { "--concurrency", "8", "--lease", "2" })
    program.wait_for("the first, which says the lease", function() return job.ask("HLEN", "workers") == 1 end)
    local behind = skewed(-86400, job.work_arguments { "--concurrency", "8" })
    job.wait_for_done(300)
    program.wait_for("both to be seen", function() return job.ask("HLEN", "workers") == 2 end)
    program.wait_for("signs of both, none of them a day old", function()
      return cli.run { "status", "--from", job.url }:find "seen [01] s ago.*seen [01] s ago"
    end)
    ahead.signal "KILL"
    ahead.finish()
    assert.matches("taken over from workers that had ended", jobs.ends(behind), 1, true)
    assert.equal(0, select(2, job.collect()))
    job.check_whole(6000)
  end)
end)
