--- cards.audit.file: entries become lines of a file, each with the hash of the one before it.

local cards = require "cards"
local cli = require "support.cli"
local core = require "cards.core"
local openssl = require "support.openssl"
local program = require "support.program"

local PAN = "4111111111111111"
local KEY = "a key of more than sixteen bytes"

local folder, write, read, remove
local path

before_each(function()
  folder, write, read, remove = cli.folder()
  path = folder .. "/audit.log"
end)

after_each(function() remove() end)

--- The lines of the log.
local function lines(name)
  local list = {}
  for line in (read(name or "audit.log") or ""):gmatch "([^\n]*)\n" do
    list[#list + 1] = line
  end
  return list
end

--- Asserts that a log has that many lines, and that they are those that were written.
local function unbroken(count, name, ...)
  cli.runs(("%s: %d line"):format(name or "audit.log", count), { "audit", "verify", folder .. "/" .. (name or "audit.log"), ... })
end

--- What becomes of one entry.
local function written(entry, options)
  os.remove(path)
  assert.is_true(cards.audit.file(path, options)(entry))
  return lines()[1]:match '^(.*),"seq":1,"prev":"0+","hash":"%x+"}$' .. "}"
end

local function digest(text, key)
  return openssl.run("dgst -sha256 -r " .. (key and "-hmac '" .. key .. "'" or ""), text):match "^%x+"
end

describe("cards.audit.file", function()
  it("writes the members of an entry by name, and a chain that others can check", function()
    for _, key in ipairs { false, KEY } do
      os.remove(path)
      local append = cards.audit.file(path, key and { key = key } or nil)
      assert.is_true(append { time = 1764383000.25, act = "reveal", allowed = true, class = "cvv,pan", last4 = "1111" })
      assert.is_true(append { act = "seal", allowed = false, reason = "no \"rights\"" })
      local first = ('{"act":"reveal","allowed":true,"class":"cvv,pan","last4":"1111","time":1764383000.25,"seq":1,"prev":"%s"}'):format(("0"):rep(64))
      local hash = digest(first, key)
      local second = ('{"act":"seal","allowed":false,"reason":"no \\"rights\\"","seq":2,"prev":"%s"}'):format(hash)
      assert.same({ ('%s,"hash":"%s"}'):format(first:sub(1, -2), hash), ('%s,"hash":"%s"}'):format(second:sub(1, -2), digest(second, key)) }, lines())
    end
  end)

  it("masks card numbers, and keeps a line a line", function()
    assert.equal('{"where":"a ************1111 b"}', written { where = ("a %s b"):format(PAN) })
    assert.equal('{"where":"************1111"}', written { where = tonumber(PAN) })
    assert.equal('{"purpose":"?a?b\\\\\\"c?"}', written { purpose = "\na\0b\\\"c\127" })
    assert.equal('{"purpose":"é?????"}', written { purpose = "é\255\192\128\194\155" })
    assert.equal('{"purpose":"????????"}', written { purpose = "\237\160\128\244\144\128\128\9" })
    assert.equal('{"a":0,"b":-1,"c":0.5,"d":false,"e":9007199254740991}', written { a = 0, b = -1, c = 0.5, d = false, e = 2 ^ 53 - 1 })
    unbroken(1)
  end)

  it("raises for an entry that is not plain, where it was given", function()
    local append = cards.audit.file(path)
    local function raises(message, ...)
      local arguments = { ... }
      local ok, raised = pcall(function() return nil, append(arguments[1]) end)
      assert.is_false(ok)
      assert.truthy(raised:find("audit_spec.lua:%d+: cards.audit.file: "), raised)
      assert.truthy(raised:find(message, 1, true), raised)
      assert.is_nil(raised:find(PAN, 1, true))
    end
    raises "the entry must be a table"
    raises("the entry must be a table", "x")
    raises("the entry is empty", {})
    raises("cvv must be a text, a finite number, true or false", { cvv = cards.secret("123", "cvv") })
    raises("cards must be a text", { cards = { "x" } })
    raises("f must be a text", { f = print })
    raises("n must be a text", { n = 1 / 0 })
    raises("n must be a text", { n = 0 / 0 })
    raises("the entry has the key '1', which is no name", { "x" })
    raises("the entry has the key 'a b', which is no name", { ["a b"] = 1 })
    raises("the entry has the key 'x************1111', which is no name", { ["x" .. PAN] = 1 })
    for _, key in ipairs { "seq", "prev", "hash" } do
      raises(("the entry has the key '%s', which the chain has itself"):format(key), { [key] = 1 })
    end
    assert.is_nil(read "audit.log")
  end)

  it("raises for wrong arguments", function()
    local function raises(message, ...)
      local ok, raised = pcall(cards.audit.file, ...)
      assert.is_false(ok)
      assert.truthy(raised:find("cards.audit.file: " .. message, 1, true), raised)
    end
    raises "path must be a string"
    raises("path must be a string", cards.audit, path)
    raises("path contains a line break, a NUL", "a\0b")
    raises("the options must be a table", path, KEY)
    raises("unknown key 'keys' (did you mean 'key'?)", path, { keys = KEY })
    raises("key must be a string, a secret, or", path, {}) -- as of a secret that could not be read
    raises("key must be a string, a secret, or", path, { key = true })
    raises("key must have at least 16 bytes", path, { key = "fifteen bytes!!" })
    raises("key must have at least 16 bytes", path, { key = cards.secret "fifteen bytes!!" })
    raises("key: ", path, { key = { file = folder .. "/missing" } })
    raises("key: ", path, { key = { env = "CARDS_NO_SUCH_VARIABLE" } })
    raises("key must be { env = \"NAME\" } or { file = \"PATH\" }", path, { key = { file = "x", env = "y" } })
    local closed = cards.secret(KEY)
    closed:close()
    raises("key is a secret that is closed", path, { key = closed })
  end)

  it("takes a key from where credentials come from", function()
    local file = write("key", KEY .. "\n")
    for _, key in ipairs { KEY, cards.secret(KEY), { file = file } } do
      assert.is_true(cards.audit.file(path, { key = key }) { act = "seal" })
    end
    unbroken(3, nil, "--key-file", file)
    local secret = cards.secret(KEY)
    local append = cards.audit.file(path, { key = secret })
    secret:close()
    for _ = 1, 2 do
      assert.same({ nil, path .. ": key is a secret that is closed" }, { append { act = "seal" } })
    end
    assert.equal(3, #lines())
  end)

  it("goes on where another one ended, and begins anew where the file was moved away", function()
    local append = cards.audit.file(path)
    assert.is_true(append { act = "seal" })
    assert.is_true(cards.audit.file(path) { act = "seal" })
    unbroken(2)
    assert(os.rename(path, path .. ".1"))
    assert.is_true(append { act = "seal" })
    unbroken(2, "audit.log.1")
    unbroken(1)
  end)

  describe("refuses, and leaves the file as it is,", function()
    local function refuses(why, text, options)
      write("audit.log", text)
      program.shell("chmod 600 " .. path)
      local ok, reason = cards.audit.file(path, options) { act = "seal" }
      assert.is_nil(ok)
      assert.truthy(reason:find(path .. ": " .. why, 1, true), reason)
      assert.equal(text, read "audit.log")
    end

    local first
    before_each(function()
      cards.audit.file(path) { act = "reveal" }
      first = read "audit.log"
    end)

    it("where the last line is none of the chain", function()
      local reason = select(2, cards.audit.file(write("half.log", first .. first:sub(1, 50))) { act = "seal" })
      assert.equal(folder .. "/half.log: its last line has no end. Look at it with `cards audit verify`, then move the file away: a new one begins", reason)
      refuses("its last line has no end", first:sub(1, -2))
      refuses("its last line has no end", ("\0"):rep(100))
      refuses("its last line: it is no line of an audit log", first .. "\n")
      refuses("its last line: it is no line of an audit log", "hello\n")
      refuses("its last line: it was changed, or written with a key", (first:gsub("reveal", "refuse")))
      refuses("its last line: it was changed, or written with another key", first, { key = KEY })
      refuses("its last line is longer than 16384 bytes", ("x"):rep(20000) .. "\n")
    end)

    it("where the entry is too long", function()
      local append = cards.audit.file(path)
      assert.same({ nil, path .. ": the entry is longer than 16384 bytes" }, { append { purpose = ("x"):rep(16384) } })
      local longest
      for length = 16384, 16000, -1 do
        longest = longest or append { purpose = ("x"):rep(length) } and length
      end
      assert.equal(16384, #lines()[2])
      assert.is_true(append { purpose = "short" })
      unbroken(3)
    end)

    it("where another process has the lock, for longer than it waits", function()
      local log = assert(core.log(path, 0))
      assert.same({ nil, path .. ": another process has it locked" }, { cards.audit.file(path) { act = "seal" } })
      log:close()
      assert.is_true(cards.audit.file(path) { act = "seal" })
      unbroken(2)
    end)

    it("where it is a link or a folder, or may not be written to", function()
      program.shell(("ln -s %s %s/link; mkdir %s/folder"):format(path, folder, folder))
      assert.same({ nil, folder .. "/link: it is a symbolic link" }, { cards.audit.file(folder .. "/link") { act = "seal" } })
      assert.same({ nil, folder .. "/folder: Is a directory" }, { cards.audit.file(folder .. "/folder") { act = "seal" } })
      program.shell("chmod 622 " .. path)
      assert.same({ nil, path .. ": others can write to it" }, { cards.audit.file(path) { act = "seal" } })
      assert.equal(first, read "audit.log")
    end)

    it("where the disk is full, and goes on when there is room", function()
      local output, status = program.run(([[
        local append = require "cards".audit.file(%q)
        local written, ok, why = 0, true, nil
        while ok do
          ok, why = append { act = "reveal", purpose = ("x"):rep(written * 100) }
          written = written + (ok and 1 or 0)
        end
        print(why)
        print((append { act = "short" }))
      ]]):format(path), { prefix = "env --ignore-signal=XFSZ prlimit --fsize=3000 " })
      assert.equal(path .. ": File too large\ntrue\n0", output .. status)
      assert.is_true(cards.audit.file(path) { act = "seal" })
      unbroken(#lines())
      assert.truthy(#lines() > 5)
    end)
  end)

  it("takes the entries of cards.configure, and what it does not take is not revealed", function()
    finally(function() cards.configure { reveal = false } end)
    cards.configure { reveal = { policy = { cardholder = { classes = { "pan" }, purposes = { "show_card" } } }, audit = cards.audit.file(path) } }
    local secret = cards.secret(PAN, "pan")
    assert.equal(PAN, secret:reveal { role = "cardholder", purpose = "show_card" })
    assert.is_nil((secret:reveal { role = "cardholder", purpose = PAN }))
    unbroken(2)
    assert.matches('^{"act":"reveal","allowed":true,"class":"pan","last4":"1111","purpose":"show_card","role":"cardholder","time":[%d.]+,"where":', lines()[1])
    assert.matches('"allowed":false,.*"reason":"', lines()[2])
    assert.is_nil(read "audit.log":find(PAN, 1, true))
    write("audit.log", read "audit.log" .. "half a line")
    local bytes, err = secret:reveal { role = "cardholder", purpose = "show_card" }
    assert.is_nil(bytes)
    assert.equal(("the audit failed: %s: its last line has no end. Look at it with `cards audit verify`, then move the file away: a new one begins")
      :format(path), err.message)
  end)

  it("makes one chain of what many processes write at once, and moves of the file lose nothing", function()
    local EACH, PROCESSES = 150, 6
    local script = write("append.lua", ([[
      local append = require "cards".audit.file(%q)
      for i = 1, %d do
        local ok, why, tries = nil, nil, 0
        repeat -- nothing is written where a loaded machine took the second that there is for the lock
          ok, why = append { act = "seal", request_id = arg[1] .. "-" .. i }
          tries = tries + 1
        until ok or tries == 50 or not (why:find "another process has it locked$" or why:find "moved away while")
        assert(ok, why)
        if i == 50 then os.execute "until [ -e %s.1 ]; do sleep 0.01; done" end -- it was moved away once
      end
    ]]):format(path, EACH, path))
    local output, status = program.shell(([[
      for p in $(seq %d); do { %s %s $p; touch %s/done.$p; } & done
      cd %s
      until [ -s audit.log ]; do sleep 0.01; done
      moves=0
      until sleep 0.02; [ "$(ls done.* 2>/dev/null | wc -l)" = %d ]; do
        if [ -s audit.log ]; then moves=$((moves + 1)); flock audit.log mv audit.log audit.log.$moves; fi
      done]]):format(PROCESSES, os.getenv "LUA_BIN", script, folder, folder, PROCESSES))
    assert.equal("0", output .. status)
    local seen, count, arguments = {}, 0, { "audit", "verify" }
    for name in io.popen(("cd %s && ls audit.log*"):format(folder)):lines() do
      table.insert(arguments, folder .. "/" .. name)
      for _, line in ipairs(lines(name)) do
        local id = line:match '"request_id":"([%d-]+)"'
        assert.is_nil(seen[id])
        seen[id], count = true, count + 1
      end
    end
    assert.equal(EACH * PROCESSES, count)
    assert.is_true(#arguments > 3)
    cli.runs("unbroken", arguments)
  end)
end)
