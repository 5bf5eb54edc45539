-- For wrk: asks for the paths in the file that PATHS names, one after the other, from anywhere in it.
local paths = {}
for line in io.lines(os.getenv("PATHS")) do paths[#paths + 1] = line end
local at = math.random(#paths)
request = function()
  at = at % #paths + 1
  return wrk.format("GET", os.getenv("PREFIX") .. paths[at])
end
