--- Which pages the site has: the Markdown of the tree, and whatever else of the tree they link to, as code or as a list of files.

local pages = {}

-- The groups of the menu; a page belongs to the first whose folder it is in.
pages.GROUPS = {
  { title = "Guide", folder = "guide/" },
  { title = "Reference", folder = "reference/" },
  { title = "Providers", folder = "providers/" },
  { title = "Design", folder = "design/" },
  { title = "Project", folder = "" },
}

function pages.read(path)
  local file = assert(io.open(path))
  local text = file:read "a"
  file:close()
  return text
end

--- The lines that a command prints.
function pages.lines(command)
  local list, pipe = {}, assert(io.popen(command))
  for line in pipe:lines() do
    table.insert(list, line)
  end
  assert(pipe:close(), command)
  return list
end

--- Where a file of the tree stands in the site: "docs/guide/tour.md" in "guide/tour.html", "README.md" in "index.html",
-- "examples/luv.lua" in "source/examples/luv.lua.html".
function pages.place(source, is_folder)
  if is_folder and source:find "^docs/" then
    return source:gsub("^docs/", "") .. "/index.html"
  elseif source:find "%.md$" then
    return (source:gsub("^docs/", ""):gsub("README%.md$", "index.html"):gsub("^[^/]+$", string.lower):gsub("%.md$", ".html"))
  elseif source:find "%.svg$" or source:find "%.png$" then
    return (source:gsub("^docs/", ""))
  end
  return "source/" .. source .. (is_folder and "/index.html" or ".html")
end

--- The target of a relative link, from the folder that it stands in: "docs/guide" and "../../examples" is "examples".
function pages.resolve(folder, link)
  local parts = {}
  for part in (folder .. "/" .. link):gmatch "[^/]+" do
    if part == ".." then
      table.remove(parts)
    elseif part ~= "." then
      table.insert(parts, part)
    end
  end
  return table.concat(parts, "/")
end

--- The way from one page of the site to another: "guide/tour.html" and "design/memory.html" is "../design/memory.html".
function pages.relative(from, to)
  return ("../"):rep(select(2, from:gsub("/", ""))) .. to
end

--- The sources of the pages, in the order in which README links them; those that it does not link come behind.
function pages.sources()
  local all = pages.lines "find docs -name '*.md' ! -path 'docs/site/*' | LC_ALL=C sort; ls *.md"
  local readme, rank = pages.read "README.md", {}
  for i, source in ipairs(all) do
    rank[source] = readme:find("(" .. source, 1, true) or #readme + i
  end
  rank["README.md"] = 0
  table.sort(all, function(a, b) return rank[a] < rank[b] end)
  return all
end

return pages
