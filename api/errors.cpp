#include "api/errors.hpp"

#include "mail/json_writer.hpp"

namespace api {

std::string render_error(std::string_view code, std::string_view message,
                         std::optional<std::size_t> position) {
  std::string out;
  mail::JsonWriter json(out);
  json.begin_object().key("error").begin_object().key("code").string(code).key("message").string(
      message);
  if (position) json.key("position").number(*position);
  json.end_object().end_object();
  return out;
}

HttpResponse error_response(int status, std::string_view code, std::string_view message,
                            std::optional<std::size_t> position) {
  HttpResponse response;
  response.status = status;
  response.payload = render_error(code, message, position);
  return response;
}

}  // namespace api
