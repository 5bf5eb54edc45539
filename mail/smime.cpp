#include "mail/smime.hpp"

#include <limits>
#include <memory>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/objects.h>

namespace mail {

std::optional<std::string> signed_content(std::string_view der) {
  if (der.size() > static_cast<std::size_t>(std::numeric_limits<long>::max())) return std::nullopt;
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<CMS_ContentInfo, decltype(&CMS_ContentInfo_free)> message(
      d2i_CMS_ContentInfo(nullptr, &bytes, static_cast<long>(der.size())), &CMS_ContentInfo_free);
  ERR_clear_error();
  if (!message || OBJ_obj2nid(CMS_get0_type(message.get())) != NID_pkcs7_signed)
    return std::nullopt;
  ASN1_OCTET_STRING** content = CMS_get0_content(message.get());
  if (content == nullptr || *content == nullptr) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(*content)),
                     static_cast<std::size_t>(ASN1_STRING_length(*content)));
}

}  // namespace mail
