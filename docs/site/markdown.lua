--- Turns Markdown into HTML by cmark-gfm, with an id for each heading as GitHub gives it, colours for code, and a place to scroll in for each table.

local colour = require "colour"
local name = require "name"

local markdown = {}

local ENTITIES = { ["&lt;"] = "<", ["&gt;"] = ">", ["&quot;"] = '"', ["&amp;"] = "&" }

local function unescape(html)
  return (html:gsub("&%a+;", ENTITIES))
end

--- What is read of a piece of HTML.
function markdown.text(html)
  return unescape((html:gsub("<[^>]*>", "")))
end

--- The id that GitHub gives a heading, so that a link works in both.
local function slug(text)
  return (text:lower():gsub("[%p]", function(mark) return mark:find "[-_]" and mark or "" end):gsub(" ", "-"))
end

local function convert(text)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  local pipe = assert(io.popen("cmark-gfm --unsafe --extension table --extension strikethrough --extension autolink --extension tasklist " .. path))
  local html = pipe:read "a"
  assert(pipe:close(), "cmark-gfm failed")
  os.remove(path)
  return html
end

local function with_ids(html)
  local headings, used = {}, {}
  html = html:gsub("<h([1-6])>(.-)</h[1-6]>", function(level, inner)
    local id, named, kept = name.take(inner)
    if not id then
      local count
      id, named, kept = slug(markdown.text(inner)), "", inner
      count, used[id] = used[id], (used[id] or 0) + 1
      id = count and id .. "-" .. count or id
    end
    table.insert(headings, { level = tonumber(level), id = id, html = kept, text = markdown.text(kept), named = named ~= "" })
    local mark = level == "1" and "" or (' <a class="anchor" href="#%s" aria-label="Link to this heading">#</a>'):format(id)
    return ('<h%s id="%s"%s>%s%s</h%s>'):format(level, id, named, kept, mark, level)
  end)
  return html, headings
end

--- Converts a page.
-- @param text in Markdown
-- @return its HTML, and its headings in their order: tables with level, id, html, text, and whether it is a name that the search finds anyway
function markdown.html(text)
  local html, headings = with_ids(convert(text:gsub("<!%-%-.-%-%->", "")))
  html = html:gsub('<pre><code class="language%-([^"]*)">(.-)</code></pre>', function(language, code)
    return ('<pre><code>%s</code></pre>'):format(colour.code(unescape(code), language))
  end)
  html = html:gsub("<table>%s*<thead>%s*<tr>[%s<>/th]*</tr>%s*</thead>", '<table class="list">')
  return html:gsub("<table[^>]*>.-</table>", '<div class="scroll">%0</div>'), headings
end

return markdown
