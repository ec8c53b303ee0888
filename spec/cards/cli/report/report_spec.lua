--- cards report: what it says of runs, whole ones and others, and that nothing of a row or of a hostile name gets through.

local cli = require "support.cli"
local interval = require "cards.cli.timeline.interval"
local classes = require "cards.cli.run.classes"
local program = require "support.program"
local well_formed = require "support.well_formed"

local HOSTILE = [[<script>alert("1")</script>&'x]]
local PAN = "4111111111111111"

local folder, write, read, remove

before_each(function() folder, write, read, remove = cli.folder() end)
after_each(function() remove() end)

--- The line of an interval.
-- @param more fields of it; times are seconds, each of them of as many rows
local function line(at, rows, more)
  local one = interval.new(at, 1)
  one.rows = rows
  for key, value in pairs(more or {}) do
    one[key] = value
  end
  one.times = rows > 0 and { [classes.of((more or {}).took or 0.05)] = rows } or {}
  one.took = nil
  return interval.write(one) .. "\n"
end

local function error_line(row, provider, kind, more)
  return ('{"row":%d,"error":{"attempts":1,%s"kind":"%s","message":"of %s, \\"kind\\":\\"tls\\"",%s"retryable":false},%s}\n'):format(row, more or "", kind, PAN,
    provider and ('"provider":"%s",'):format(provider) or "", ('"columns":{"kind":"x","provider":"%s"}'):format(PAN))
end

local function summary(rows, failed, ended)
  return ('{"busy":0,"earlier":0,"ended":"%s","errors":{},"failed":%d,"rate":1,"rows":%d,"seconds":4,"succeeded":%d,"p50":0.05,"p95":0.06,"p99":0.07}\n')
    :format(ended or "complete", failed, rows, rows - failed)
end

--- Writes the files of a run of 1,000 rows, of which 30 failed.
local function run_files(name, start)
  write(name, "")
  local list = { line(start, 0, { starts = 1 }) }
  for second = 1, 10 do
    list[second + 1] = line(start + second, 100, {
      took = second == 5 and 2 or 0.05, failed = { ["alix timeout"] = 2, ["flow script"] = 1 }, slowest = { { second * 100, second == 5 and 2 or 0.05 } },
      calls = 100, tries = 125, held = { ["cards.limit"] = { 2, 1.5 } },
    })
  end
  write(name .. ".timeline", table.concat(list))
  local errors = {}
  for row = 1, 20 do
    errors[row] = error_line(row, "alix", "timeout", '"code":"E_SLOW",')
  end
  for row = 21, 30 do
    errors[row] = error_line(row, nil, "script")
  end
  write(name .. ".errors", table.concat(errors))
  write(name .. ".summary.json", summary(1000, 30))
end

--- The page of some files, which has to be well formed.
local function page(...)
  local arguments = { "report" }
  for _, name in ipairs { ... } do
    table.insert(arguments, folder .. "/" .. name)
  end
  table.insert(arguments, "--html")
  table.insert(arguments, "-")
  local html, status = cli.run(arguments, { only = "stdout" })
  assert.equal(0, status, html)
  assert.is_nil(well_formed(html))
  return html
end

local function text(...)
  local words = { "report", "--text" }
  for _, name in ipairs { ... } do
    table.insert(words, folder .. "/" .. name)
  end
  local output, status = cli.run(words, { env = { LC_ALL = "C.UTF-8" } })
  assert.equal(0, status, output)
  return output
end

local function has(whole, part)
  assert(whole:find(part, 1, true), part .. " is not in " .. whole:sub(1, 4000))
end

--- What is shown of a page, without its markup.
local function shown(html)
  return (html:gsub("<style>.-</style>", ""):gsub("<title>.-</title>", " "):gsub("<[^>]*>", " "):gsub("%s+", " "))
end

describe("cards report", function()
  it("says of a run how many rows there were, how fast, how slow, and what failed", function()
    run_files("out", 1764394650)
    local html = page "out"
    local seen = shown(html)
    has(seen, "Complete · 29 Nov 2025, 05:37:30 to 05:37:41 UTC")
    has(seen, "Rows 1,000 Succeeded 970 97 % Failed 30 3 % Retries 20 % of 1,250 tries Duration 11.0 s Rate 90.9/s")
    has(seen, "p99 of a row")
    has(seen, "timeout alix E_SLOW 20 66.7 %")
    has(seen, "script flow 10 33.3 %")
    has(seen, "Slowest rows By the number of the row in the input Slowest rows Row Took Bar 500 2.00 s")
    has(seen, "cards.limit 20 15.0 s 750 ms")
    has(html, "<title>05:37:35: 100 rows/s, 100 rows, 3 failed</title>")
    has(seen, "05:37:35 1.99 s 1.99 s 1.99 s")
    has(html, "default-src 'none'")
    for _, name in ipairs { "<script", "http://", "https://", "url(", "@import", PAN, "of " .. PAN } do
      assert.is_nil(html:find(name, 1, true), name)
    end
    local output = text "out"
    has(output, "out, complete, 29 Nov 2025, 05:37:30 to 05:37:41 UTC")
    has(output, "1,000 rows: succeeded 970 (97 %), failed 30 (3 %)")
    has(output, "11.0 s, 90.9 rows/s, retries 20 % of 1,250 tries\n  p50 50.1 ms, p95 1.99 s")
    has(output, "timeout  alix  E_SLOW  20  66.7 %  ████████████████████")
    has(output, "  row    500   2.00 s  ")
    has(output, "cards.limit  20 times  15.0 s")
    assert.is_nil(output:find(PAN, 1, true))
    assert.is_nil(output:find("\27", 1, true), "a pipe has no colours")
  end)

  it("writes the page beside the output, and overwrites only a report", function()
    run_files("out", 1764394650)
    has(cli.runs("", { "report", folder .. "/out" }), "cards: the report is in " .. folder .. "/out.html")
    assert.is_nil(well_formed(read "out.html"))
    cli.runs("", { "report", folder .. "/out" })
    local before = read "out.errors"
    cli.fails(1, "out.errors: it is there already, and is no report", { "report", folder .. "/out", "--html", folder .. "/out.errors" })
    assert.equal(before, read "out.errors")
    cli.fails(1, "No such file", { "report", folder .. "/out", "--html", folder .. "/none/x.html" })
    cli.fails(1, "none: No such file", { "report", folder .. "/none" })
    cli.fails(1, "it is no output of cards run or cards collect", { "report", "README.md", "--text" })
    cli.fails(2, "stands twice", { "report", folder .. "/out", folder .. "/out" })
    cli.fails(2, "--text", { "report", folder .. "/out", "--text", "--html", "-" })
  end)

  it("adds up the runs of several files by time", function()
    run_files("a", 1764394650)
    run_files("b", 1764394655)
    local seen = shown(page("a", "b"))
    has(seen, "Batch report of 2 files a, b Complete")
    has(seen, "Rows 2,000 Succeeded 1,940")
    has(seen, "Duration 16.0 s Rate 125/s")
    has(seen, "05:37:36 200 194 6 200")
    has(seen, "500 a 2.00 s 500 b 2.00 s")
    has(seen, "a 1,000 970 30 complete b 1,000 970 30 complete")
    write("b.summary.json", summary(1000, 30, "interrupted"))
    has(shown(page("a", "b")), "1 of 2 complete")
    has(text("a", "b"), "a, b, 29 Nov 2025")
  end)

  it("tells what it can where files are missing, and says what is missing", function()
    write("out", '{"row":1,"result":1}\n{"row":2,"result":1}\n{"row":3,"resu')
    local seen = shown(page "out")
    has(seen, "Not ended")
    has(seen, "Rows 2 Succeeded 2 100 % Failed 0")
    has(seen, "out has no summary: its run goes on, or was killed. Its rows were counted.")
    has(seen, "out has no timeline: nothing is known of its rows over time.")
    write("out.errors", error_line(4, "alix", "declined") .. '{"row":5,"error":{"att')
    has(shown(page "out"), "Rows 3 Succeeded 2 66.7 % Failed 1 33.3 %")
    write("out.summary.json", summary(50, 0))
    seen = shown(page "out")
    has(seen, "Rows 50")
    has(seen, "Duration 4.00 s Rate 1.00/s rows a second Median 50.0 ms")
    os.remove(folder .. "/out.errors")
    write("out.summary.json", (summary(50, 7):gsub('"errors":{}', '"errors":{"timeout":7}')))
    seen = shown(page "out")
    has(seen, "timeout 7 100 %")
    has(seen, "only what its summary says is known")
    write("out.timeline", line(100, 40) .. line(101, 5, { failed = { ["x timeout"] = 5 } }) .. '{"at":102')
    seen = shown(page "out")
    has(seen, "5 rows of out are not in its timeline")
    has(seen, "timeout x 5 100 %")
    write("out.summary.json", summary(40, 5))
    has(shown(page "out"), "In out 5 rows were run again, and are in its timeline each time.")
    write("out.summary.json", "{}")
    has(shown(page "out"), "out.summary.json is no summary of a run, and was not read.")
    has(text "out", "out.summary.json is no summary of a run, and was not read.")
  end)

  it("refuses files that are something else, with the line", function()
    run_files("out", 1764394650)
    write("out.timeline", read "out.timeline" .. "{}\n")
    cli.fails(1, "out.timeline:12: the line is no interval of a timeline", { "report", folder .. "/out" })
    run_files("out", 1764394650)
    write("out.errors", read "out.errors" .. "oh\n")
    cli.fails(1, "out.errors:31: the line is not of a run", { "report", folder .. "/out" })
    assert.is_nil(read "out.html")
  end)

  it("shows names as text, whatever is in them", function()
    local name = "a<b>&\"'\226\128\174.ndjson"
    run_files(name, 1764394650)
    local held, failed = { [HOSTILE] = { 1, 1 }, ["\27[31m " .. PAN] = { 1, 1 } }, { [HOSTILE .. " " .. HOSTILE:gsub(" ", "")] = 1 }
    write(name .. ".timeline", line(1764394650, 3, { held = held, failed = failed }) .. line(1764394651, 2))
    write(name .. ".errors", error_line(1, HOSTILE:gsub('"', ""), "timeout", ('"code":"%s",'):format(PAN)) .. error_line(2, "\\u003cb>", "x"))
    local html = page(name)
    assert.is_nil(html:find("<script", 1, true))
    assert.is_nil(html:find(PAN, 1, true))
    has(html, "&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#39;x")
    has(html, "<h1>a&lt;b&gt;&amp;&quot;&#39;?.ndjson</h1>")
    os.remove(folder .. "/" .. name .. ".errors")
    html = page(name)
    has(html, "&lt;script&gt;alert(&quot;1&quot;)")
    local output = text(name)
    assert.is_nil(output:find("[%z\1-\9\11-\31]"))
    assert.is_nil(output:find(PAN, 1, true))
    has(output, "?[31m ************1111")
  end)

  it("is small and has no more steps than can be seen, however long a run was", function()
    local list, at = { line(1764394650, 0, { starts = 1 }) }, 1764394650
    for i = 1, 4000 do
      at = at + 60
      list[i] = interval.write { at = at, seconds = 60, rows = 2500, failed = { ["alix timeout"] = i % 3 }, times = { [500 + i % 200] = 2500 },
        slowest = { { i, 3 } }, held = {} } .. "\n"
    end
    write("out", "")
    write("out.timeline", table.concat(list))
    write("out.summary.json", summary(10000000, 4000))
    local html = page "out"
    assert.is_true(#html < 500000 and #html > 50000, #html)
    local tips = select(2, html:gsub("rows/s, ", ""))
    assert.is_true(tips > 60 and tips <= 240, tips)
    has(shown(html), "Duration 2 d 18:40:00")
  end)

  it("leaves out the time between two runs, and makes no chart of one moment", function()
    local function start(at) return line(at, 0, { starts = 1 }) end
    write("out", "")
    write("out.timeline", start(1000) .. line(1001, 10) .. line(1030, 10) .. start(5000) .. line(5001, 20))
    write("out.summary.json", summary(40, 0))
    local html = page "out"
    local seen = shown(html)
    has(seen, "Duration 33.0 s and 1:06:09 between runs")
    has(html, "<title>1:06:09 without a run</title>")
    has(seen, "each step is a second")
    write("out.timeline", line(1000, 1))
    write("out.summary.json", summary(1, 0))
    seen = shown(page "out")
    assert.is_nil(seen:find("Throughput", 1, true))
    has(seen, "Distribution")
    has(text "out", "1 row: succeeded 1 (100 %)")
    write("out.timeline", start(1000))
    write("out.summary.json", summary(0, 0))
    has(shown(page "out"), "Rows 0 Succeeded 0")
    has(text "out", "0 rows")
  end)

  it("writes # where letters are not UTF-8, and is as wide as it has to be", function()
    run_files("out", 1764394650)
    local output, status = cli.run({ "report", folder .. "/out", "--text" }, { env = { LC_ALL = "C" } })
    assert.equal(0, status, output)
    assert.is_nil(output:find "[\128-\255]")
    has(output, "timeout  alix  E_SLOW  20  66.7 %  ####################")
    for shown_line in output:gmatch "[^\n]+" do
      assert.is_true(#shown_line <= 80, shown_line)
    end
  end)

  it("says where its text cannot be written", function()
    run_files("out", 1764394650)
    for _, more in ipairs { "--text", "--html -" } do
      local output, status = program.shell(("%s report %s/out %s >/dev/full"):format(cli.command(), folder, more))
      assert.equal(1, status, output)
      has(output, "cards: standard output: ")
    end
  end)
end)
