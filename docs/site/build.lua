--- Builds the site: `lua5.4 docs/site/build.lua FOLDER PAGE…`, in the root of the tree, of its pages and those of the
-- reference, which were made before, in Markdown.

local colour = require "colour"
local frame = require "frame"
local markdown = require "markdown"
local name = require "name"
local pages = require "pages"

local target = arg[1]

local all, by_path, others = {}, {}, {}

local function write(path, text)
  assert(os.execute(("mkdir -p '%s'"):format((target .. "/" .. path):gsub("[^/]*$", ""))))
  local file = assert(io.open(target .. "/" .. path, "w"))
  file:write(text)
  file:close()
end

--- Adds a page that is made of Markdown.
local function add(source, text)
  local page = { source = source, path = pages.place(source) }
  page.html, page.headings = markdown.html(text)
  local first = page.headings[1]
  page.title, page.label = first and first.text or source, first and first.html or source
  by_path[page.path] = page
  table.insert(all, page)
end

local function test(flag, path)
  return os.execute(("test -%s '%s'"):format(flag, path))
end

--- A page with a file of the tree, or with the list of a folder.
local function add_other(source, path)
  local page = { source = source, path = path, title = source, label = source, headings = {}, hidden = true }
  local title = ('<h1 id="%s">%s</h1>\n'):format("file", source)
  if test("d", source) then
    local items = {}
    for _, file in ipairs(pages.lines(("ls '%s'"):format(source))) do
      table.insert(items, ('<li><a href="%s/%s">%s</a></li>'):format(source:match "[^/]+$", file, file))
    end
    page.html = title .. "<ul>\n" .. table.concat(items, "\n") .. "\n</ul>"
  else
    local language = source:match "%.conf$" and "nginx" or source:match "%.h$" and "c" or source:match "%.([^./]+)$" or source:match "[^/]+$":lower()
    page.html = title .. '<pre><code>' .. colour.code(pages.read(source), language) .. "</code></pre>"
  end
  by_path[path] = page
  table.insert(others, page)
end

--- Makes links to files of the tree links to pages; what is no page yet becomes one.
local function link(page)
  local folder = page.source:match "^(.*)/" or ""
  local function href(attribute, where)
    local path, fragment = where:match "^([^#]*)(.*)$"
    local source = pages.resolve(folder, path)
    if path == "" or where:find "^%a[%w+.-]*:" or (path:find "%.html$" and not test("e", source)) then -- a page of the site
      return
    end
    local place = pages.place(source, test("d", source))
    if not by_path[place] and not test("e", source) then
      return -- a dead link, which check.lua finds
    elseif place:find "%.svg$" or place:find "%.png$" then
      write(place, pages.read(source))
    elseif not by_path[place] then
      add_other(source, place)
    end
    return ('%s="%s"'):format(attribute, pages.relative(page.path, place) .. fragment)
  end
  page.html = page.html:gsub('(href)="([^"]*)"', href):gsub('(src)="([^"]*)"', href):gsub('(srcset)="([^"]*)"', href)
end

--- What the search finds: a list of { what, where it stands, address, kind }.
local function index()
  local entries = {}
  local function entry(...)
    local parts = { ... }
    for i, part in ipairs(parts) do
      parts[i] = ('"%s"'):format(part:gsub('[\\"]', "\\%0"))
    end
    table.insert(entries, "[" .. table.concat(parts, ",") .. "]")
  end
  for _, page in ipairs(all) do
    for _, heading in ipairs(page.headings) do
      if heading.level == 1 and not heading.named then
        entry(heading.text, "", page.path, "page")
      elseif not heading.named then
        entry(heading.text, page.title, page.path .. "#" .. heading.id, "heading")
      end
    end
    for id, kind, text in name.all(page.html) do
      entry(text, page.title, page.path .. "#" .. id, kind)
    end
  end
  return "const INDEX = [\n" .. table.concat(entries, ",\n") .. "\n];\n"
end

for _, source in ipairs(pages.sources()) do
  add(source, pages.read(source))
end
for i = 2, #arg do
  add("docs/reference/" .. arg[i]:match "([^/]+)%.%a+$" .. ".md", pages.read(arg[i]))
end
for _, page in ipairs(all) do
  link(page)
end
for _, page in ipairs(others) do -- which grows meanwhile
  link(page)
end

local template = pages.read "docs/site/template.html"
for _, list in ipairs { all, others } do
  for _, page in ipairs(list) do
    write(page.path, frame.html(page, all, template))
  end
end
write("index.js", index())
for _, file in ipairs { "style.css", "search.js", "page.js" } do
  write(file, pages.read("docs/site/" .. file))
end
