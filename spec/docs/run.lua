--- Runs the code of pages against the sandbox, as it stands there, and prints a TAP report.
--
-- usage: lua spec/docs/run.lua FOLDER PAGE…       (`make docs-run [PAGES=docs/guide/xml.md]`)
--
-- Each page has a folder of its own in FOLDER. In this order:
-- * A block whose first line is a comment with the name of a file alone is written to that file (csv and json without that line). Another block uses it.
-- * The sh blocks run in their order, in one bash that ends at the first failure, also in a pipe or before &&. `# exit 3` at the end of a line says which
--   status it has. A text block right behind one is what it prints.
-- * All other Lua blocks are one program, which runs to its last line. `--> text` says what it prints, and there is one at least.
-- `<!-- not run: REASON -->` before a block leaves it out, and the report says why.

local page = require "docs.page"
local program = require "support.program"

local quote = program.quote
local folder, count, failed = arg[1], 0, false

local function report(ok, name, why)
  count = count + 1
  failed = failed or not ok
  print(("%s %d - %s"):format(ok and "ok" or "not ok", count, name))
  if not ok then
    print("# " .. tostring(why):gsub("\n", "\n# "))
  end
end

local function write(path, content)
  local file = assert(io.open(path, "wb"))
  assert(file:write(content))
  assert(file:close())
end

local function write_files(blocks, at)
  for _, block in ipairs(blocks) do
    if block.name then
      local inner = block.name:match "^(.*)/"
      if inner then
        program.shell("mkdir -p " .. quote(at .. "/" .. inner))
      end
      write(at .. "/" .. block.name, block.content)
    end
  end
end

local function run(at, command)
  return program.shell(("cd %s && timeout 120 %s </dev/null"):format(quote(at), command))
end

local MARK = "=== block "
local WITH_STATUS = 'status=0; { %s\n} || status=$?; [ $status -eq %s ] || { echo "exit $status"; exit 1; }'

--- The script of the sh blocks: each says which one it is before it begins. Its end is said, too, as a block may end the shell.
local function script(shell)
  local lines = { "set -eu -o pipefail" }
  for i, block in ipairs(shell) do
    lines[#lines + 1] = ("echo; echo %q"):format(MARK .. i)
    for _, line in ipairs(block.lines) do
      local command, status = line:match "^(.-)%s+#.*exit (%d+).*$"
      lines[#lines + 1] = command and WITH_STATUS:format(command, status) or line
      if not command and line:find("&&", 1, true) and not line:find "[\\&|]%s*$" then
        lines[#lines + 1] = "[ $? -eq 0 ]" -- bash goes on where another than the last of them failed
      end
    end
  end
  lines[#lines + 1] = ("echo; echo %q"):format(MARK .. "end")
  return table.concat(lines, "\n") .. "\n"
end

local function run_shell(name, blocks, at)
  local shell = {}
  for i, block in ipairs(blocks) do
    if block.language == "sh" and not block.name and not block.skip then
      local following = blocks[i + 1]
      shell[#shell + 1] = { line = block.line, lines = block.lines, shows = following and following.language == "text" and following.lines }
    end
  end
  if #shell == 0 then
    return
  end
  write(at .. "/page.sh", script(shell))
  local output = "\n" .. run(at, "bash page.sh")
  for i, block in ipairs(shell) do
    local _, from = output:find("\n" .. MARK .. i .. "\n", 1, true)
    local to = output:find("\n" .. MARK .. (shell[i + 1] and i + 1 or "end") .. "\n", 1, true)
    local printed = from and output:sub(from + 1, to or -1)
    local why = not from and "a block before it failed" or not to and "it failed: " .. printed or block.shows and page.difference(block.shows, printed)
    report(not why, ("%s:%d: sh"):format(name, block.line), why and why .. "\n" .. (printed or ""))
  end
end

local function run_program(name, blocks, at)
  local source, expected = page.program(blocks)
  if not source then
    return
  end
  write(at .. "/page.lua", source .. ("print %q\n"):format("\n" .. MARK .. "end"))
  local output, status = run(at, "lua page.lua")
  local shown, ended = output:gsub("\n" .. MARK .. "end\n", "", 1)
  local why = status ~= 0 and ("it ended with %d"):format(status) or ended == 0 and "it ended before its last line"
    or #expected == 0 and "it shows nothing: --> says what it prints" or page.difference(expected, shown)
  report(not why, name .. ": its program", why and why .. "\n" .. output)
end

for i = 2, #arg do
  local name = arg[i]
  local file = assert(io.open(name))
  local blocks, why = page.blocks(file:read "*a")
  file:close()
  if not blocks then
    report(false, name, why)
  else
    local at = folder .. "/" .. name:gsub("%.md$", ""):gsub("/", "-")
    program.shell(("rm -rf %s && mkdir -p %s"):format(quote(at), quote(at)))
    for _, block in ipairs(blocks) do
      if block.skip then
        count = count + 1
        print(("ok %d - %s:%d # SKIP %s"):format(count, name, block.line, block.skip))
      end
    end
    write_files(blocks, at)
    run_shell(name, blocks, at)
    run_program(name, blocks, at)
  end
end
print("1.." .. count)
os.exit(failed and 1 or 0)
