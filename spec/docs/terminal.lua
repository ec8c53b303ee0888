--- Draws what a command printed as it looks in a terminal of 100 columns, as SVG.
--
-- usage: make -s demo | lua spec/docs/terminal.lua "make demo" > docs/demo.svg       (`make picture`)

local COLUMNS, ADVANCE, LEADING, SIZE, MARGIN, BAR = 100, 8.4, 20, 14, 16, 32 -- of a character, a line, the letters; around the text; above it
local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

local function escape(text)
  return (text:gsub('[&<>"]', ENTITIES))
end

--- The lines of a text, cut where the terminal ends.
local function wrap(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do
    repeat
      lines[#lines + 1] = line:sub(1, COLUMNS)
      line = line:sub(COLUMNS + 1)
    until line == ""
  end
  return lines
end

local command = assert(arg[1], "usage: terminal.lua COMMAND < its output")
local lines = wrap(io.read "*a")
assert(#lines > 0, "the command printed nothing")

local width = math.ceil(COLUMNS * ADVANCE) + 2 * MARGIN
local height = BAR + (#lines + 1) * LEADING + MARGIN
local out = {
  ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s in a terminal">'):format(
    width, height, width, height, escape(command)),
  ('<rect width="%d" height="%d" rx="8" fill="#16181d"/>'):format(width, height),
}
for i, colour in ipairs { "#ff5f57", "#febc2e", "#28c840" } do
  out[#out + 1] = ('<circle cx="%d" cy="16" r="6" fill="%s"/>'):format(MARGIN + 4 + (i - 1) * 20, colour)
end
out[#out + 1] = ('<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,\'DejaVu Sans Mono\',monospace" font-size="%d" fill="#e6e6e6">'):format(SIZE)

local function draw(row, text, colour)
  if text:find "%S" then
    out[#out + 1] = ('<text x="%d" y="%d" xml:space="preserve" textLength="%d" lengthAdjust="spacingAndGlyphs"%s>%s</text>'):format(MARGIN, BAR + row * LEADING,
      math.floor(#text * ADVANCE + 0.5), colour and (' fill="%s"'):format(colour) or "", escape(text))
  end
end

draw(1, "$ " .. command, "#7ee787")
for i, line in ipairs(lines) do
  draw(i + 1, line)
end
out[#out + 1] = "</g>\n</svg>"
print(table.concat(out, "\n"))
