--- What stands around the text of each page: the template, with the menu and the table of contents.

local colour = require "colour"
local pages = require "pages"

local frame = {}

local function item(page, current)
  local here = page == current and ' aria-current="page"' or ""
  return ('<li><a href="%s"%s>%s</a></li>'):format(pages.relative(current.path, page.path), here, page.label)
end

local function group_of(page)
  for _, group in ipairs(pages.GROUPS) do
    if page.path:sub(1, #group.folder) == group.folder then
      return group
    end
  end
end

local function menu(all, current)
  local html = { "<ul>", item(all[1], current), "</ul>" }
  for _, group in ipairs(pages.GROUPS) do
    local items = {}
    for i = 2, #all do
      if not all[i].hidden and group_of(all[i]) == group then
        table.insert(items, item(all[i], current))
      end
    end
    if items[1] then
      table.insert(html, ("<h2>%s</h2>\n<ul>\n%s\n</ul>"):format(group.title, table.concat(items, "\n")))
    end
  end
  return table.concat(html, "\n")
end

local function toc(page)
  local html = {}
  for _, heading in ipairs(page.headings) do
    if heading.level == 2 or heading.level == 3 then
      local short = heading.named and heading.html:gsub("%b()", "()") or heading.html -- a function without its parameters
      table.insert(html, ('<li class="level%d"><a href="#%s">%s</a></li>'):format(heading.level, heading.id, short))
    end
  end
  if #html < 2 then
    return ""
  end
  return ('<nav id="toc" aria-label="On this page">\n<h2>On this page</h2>\n<ul>\n%s\n</ul>\n</nav>'):format(table.concat(html, "\n"))
end

--- The whole HTML of a page.
-- @param page with path, title, label, html and headings
-- @param all the pages, the first of which is the front page
function frame.html(page, all, template)
  local parts = {
    title = page == all[1] and "cards" or colour.escape(page.title) .. " · cards",
    root = pages.relative(page.path, ""),
    menu = menu(all, page),
    toc = toc(page),
    content = page.html,
  }
  return (template:gsub("{{(%a+)}}", parts))
end

return frame
