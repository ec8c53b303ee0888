--- The blocks of code of a page in Markdown, and what of them runs.

local page = {}

local COMMENT = { lua = "%-%-", sh = "#", nginx = "#", csv = "#", json = "#" }
local LANGUAGES = { lua = true, sh = true, nginx = true, csv = true, json = true, text = true }

--- The file that a block is, and its content: its first line is a comment with a name alone.
local function named(block)
  local mark = COMMENT[block.language]
  local name = mark and block.lines[1] and block.lines[1]:match("^" .. mark .. " ([%w_/-]+%.%w+)$")
  if not name then
    return nil
  end
  local keeps_it = block.language == "lua" or block.language == "nginx" or block.language == "sh"
  return name, table.concat(block.lines, "\n", keeps_it and 1 or 2) .. "\n"
end

--- Whether another block that runs names the file of this one, or the module that it is.
local function is_used(blocks, index)
  local file = blocks[index].name:match "[^/]+$"
  local module = '"' .. file:match "^[^.]+" .. '"'
  for i, block in ipairs(blocks) do
    local text = i ~= index and block.language ~= "text" and not block.skip and table.concat(block.lines, "\n") or ""
    if text:find(file, 1, true) or text:find(module, 1, true) then
      return true
    end
  end
  return false
end

--- What would let code of a page pass that was never tried; nil where there is nothing. A text alone and a json without a name are for the reader only.
local function untried(blocks)
  local files = {}
  for i, block in ipairs(blocks) do
    local language, name = block.language, block.name
    local why = (language == "nginx" or language == "csv") and not name and "names its file in its first line"
      or name and files[name] and ("is not " .. name .. " once more: only one of them would be tried")
      or name and not block.skip and not is_used(blocks, i) and ("is used by another block, which names " .. name)
      or name and language == "lua" and block.content:find("-->", 1, true) and "shows what it prints in a text behind the sh that runs it, not as -->"
      or language == "text" and block.follows and i > 1 and blocks[i - 1].language == "lua" and "is no text behind Lua: --> says what a program prints"
    if why then
      return ("line %d: a block of %s %s"):format(block.line - 1, language, why)
    end
    if name then
      files[name] = true
    end
  end
end

--- The blocks of a page.
-- @param text of the page
-- @return a list of { language, line = where its first line stands, lines, follows = whether nothing is between it and the one before, skip = a reason or nil,
-- name = a file or nil, content }; or nil and what is wrong
function page.blocks(text)
  local blocks, open, skip, follows, at = {}, nil, nil, false, 0
  for line in (text .. "\n"):gmatch "(.-)\r?\n" do
    at = at + 1
    local fence, language = line:match "^%s*(```+)(%S*)"
    if open and fence and language == "" then
      open.name, open.content = named(open)
      blocks[#blocks + 1], open, skip, follows = open, nil, nil, true
    elseif open then
      open.lines[#open.lines + 1] = line
    elseif fence then
      if not LANGUAGES[language] then
        return nil, ("line %d: a block of code says what it is: lua, sh, nginx, csv, json or text"):format(at)
      end
      open = { language = language, line = at + 1, lines = {}, skip = skip, follows = follows }
    elseif line:find("```", 1, true) or line:find("~~~", 1, true) then
      return nil, ("line %d: a block of code begins with ``` alone in front"):format(at)
    elseif line:find "%S" then
      follows = false
      skip = line:match "^%s*<!%-%- not run: (.-) %-%->%s*$"
    end
  end
  if open then
    return nil, ("line %d: a block of code has no end"):format(open.line - 1)
  end
  local why = untried(blocks)
  return not why and blocks or nil, why
end

--- The program of a page: its Lua blocks that are no files, each where it stands, so that an error names the line of the page.
-- @return its source, or nil where there is none; the lines that it prints, as its comments say
function page.program(blocks)
  local lines, expected, last = {}, {}, 0
  for _, block in ipairs(blocks) do
    if block.language == "lua" and not block.name and not block.skip then
      for i, line in ipairs(block.lines) do
        last = block.line + i - 1
        lines[last] = line
        expected[#expected + 1] = line:match "%-%->%s?(.*)$"
      end
    end
  end
  for i = 1, last do
    lines[i] = lines[i] or ""
  end
  return last > 0 and table.concat(lines, "\n") .. "\n" or nil, expected
end

--- A line in which space counts as one.
local function squeezed(line)
  return (line:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

local function pattern(line)
  return "^" .. squeezed(line):gsub("…", "\1"):gsub("[%^%$%(%)%%%.%[%]%*%+%-%?]", "%%%0"):gsub("\1", ".-") .. "$"
end

--- Compares what was printed with what a page shows. Space counts as one; "…" stands for anything within a line, and alone for any lines.
-- @return nil, or what differs
function page.difference(expected, output)
  local printed = {}
  for line in output:gmatch "[^\n]+" do
    if line:find "%S" then
      printed[#printed + 1] = squeezed(line)
    end
  end
  local at = 1
  for i, line in ipairs(expected) do
    if line:match "^%s*…%s*$" then
      local following = expected[i + 1]
      while at <= #printed and not (following and printed[at]:find(pattern(following))) do
        at = at + 1
      end
    elseif line:find "%S" then
      if not printed[at] or not printed[at]:find(pattern(line)) then
        return ("the page shows %q, printed was %q"):format(line, printed[at] or "nothing more")
      end
      at = at + 1
    end
  end
  return printed[at] and ("the page does not show %q"):format(printed[at]) or nil
end

return page
