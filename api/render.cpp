#include "api/render.hpp"
