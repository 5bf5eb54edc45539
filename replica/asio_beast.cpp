// Asio, Beast and URL are header libraries that can be compiled apart (BOOST_*_SEPARATE_COMPILATION): this is that unit.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
#include <boost/url/src.hpp>
