--- What --help says, taken apart for pages that are made of it: the manual page and the reference.

local arguments = require "cards.cli.program.arguments"

local help = {}

--- The blocks of a help text, which empty lines separate: lists of lines.
function help.blocks(text)
  local blocks, block = {}, nil
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    if line == "" then
      block = nil
    else
      if not block then
        block = {}
        table.insert(blocks, block)
      end
      table.insert(block, line)
    end
  end
  return blocks
end

--- The title of a block with entries: "Options" of "Options:".
function help.title(block)
  return block[1]:match "^(%u[%w ]*):$"
end

--- The entries of a block: lists of a label and lines of text behind it. What is wrapped stands farther right than a label.
function help.entries(block)
  local entries = {}
  for i = 2, #block do
    local label, text = block[i]:match "^   (%S.-)   *(%S.*)$"
    label = label or block[i]:match "^   (%S.*)$"
    local entry = entries[#entries]
    if label then
      table.insert(entries, { label, text })
    elseif entry then
      table.insert(entry, block[i]:match "^ *(.*)$")
    end
  end
  return entries
end

--- The commands behind a parser that have none behind themselves, in their order: a list of { name, blocks }, the name with all words before it.
function help.commands(parser, name)
  local list = {}
  for _, command in ipairs(arguments.commands(parser)) do
    local full = name .. " " .. command.name
    local behind = help.commands(command.parser, full)
    if not behind[1] then
      behind[1] = { name = full, blocks = help.blocks(command.parser:get_help()) }
    end
    for _, entry in ipairs(behind) do
      table.insert(list, entry)
    end
  end
  return list
end

return help
