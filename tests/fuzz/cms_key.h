// A key that was made for the corpus of fuzz_cms, and its certificate, in base64. It opens nothing
// else.
#pragma once

#include <string_view>

namespace azl::fuzz {

inline constexpr std::string_view kCmsKey =
    "MIICXgIBAAKBgQDJ0XuNcYCUbSxefw0uIQkXguJu9eRtvyO3SzngegXIaigPTnJ2CD5K1FzqM+wMR0LrQQCJY4QcaD"
    "mdFyECFnQ8KNjs7YghQfTvHAgb5sv3/EoQHHUEvfabWhSfeCJ0k7KTczL0E0QK0FtIhCglThL+le9lF5nH8MdW7hpP"
    "wcxurQIDAQABAoGAfQN6WT95und2CIMDExP7oci9oqZGfYTtBtleXKK5ek/nyLN7S4oHrCqn85t+GIz78uYtAu3WJB"
    "KbvadaFwT5skBb76KjYFQF1tbsXT96Cl2CfIG2XErLhTapqGgpxIgIej5dN/ZSEpiprnFXQcOxdLGxCeOE2AzrPQ8H"
    "gkXeLwECQQDupdXdzuogXoJKdyY8s5gnsN7dV4/ORJWrBtqWnH29nPzpgOY9u7EuRx7P8GOPgrEDvtPtjJH56FIniR"
    "U1tJGdAkEA2H4bVVK8cdZTNhbsjzxodcAM0lSVizqPfq5To2HqHKe483BHrQ9rcwixCaqiHrKn53YwOWvN2mXHZBau"
    "eAMMUQJBAIIsazAGQadOZfuAapcJz6E21RofPQ3iU1Fq96jXy662By7HZM+fpdH8cU4zbdtGCpBkcu1MlAOhOc7e83"
    "bL+/ECQQC7IQXvUnygyWlTr6z6gnSok0CB7ar1lcDC91xENTZvXmp3we2yoUl3PWQJvvwzHKoVYAt/Frfwt1kKIrDb"
    "+4aBAkEA3RIPBryFt0i6DmvuSsr0hZLVva2vBbwESv9NQbVp46uTu05cOjfQ/2K1JGxAqmoNEeoL2f4/iG4YHf4gBi"
    "y9fQ==";
inline constexpr std::string_view kCmsCertificate =
    "MIIB9jCCAV+gAwIBAgIUNInVaOhqWe1AwsXePyZ4++jlE2UwDQYJKoZIhvcNAQELBQAwDDEKMAgGA1UEAwwBeDAgFw"
    "0yNjExMzAxOTA3MDNaGA8yMTI2MTEwNjE5MDcwM1owDDEKMAgGA1UEAwwBeDCBnzANBgkqhkiG9w0BAQEFAAOBjQAw"
    "gYkCgYEAydF7jXGAlG0sXn8NLiEJF4LibvXkbb8jt0s54HoFyGooD05ydgg+StRc6jPsDEdC60EAiWOEHGg5nRchAh"
    "Z0PCjY7O2IIUH07xwIG+bL9/xKEBx1BL32m1oUn3gidJOyk3My9BNECtBbSIQoJU4S/pXvZReZx/DHVu4aT8HMbq0C"
    "AwEAAaNTMFEwHQYDVR0OBBYEFNJjipat22kyR90R6GxRO38COQeVMB8GA1UdIwQYMBaAFNJjipat22kyR90R6GxRO3"
    "8COQeVMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADgYEAht06A7YUG9eu7MoVqg9V+3htOTPiK3gZz2JX"
    "RYVXIITsfH/wyVCgb6XmgMCT6h+vuhLAZAX3rj4/zYn4GooFj9YIU1FT1f7j16F0vFFwQp066zcvHhtmI160jJZIJW"
    "vlckGXzpPq2aMg7LKSLKkP7w/I8EkYPVRg7QzTw4cNKbM=";

}  // namespace azl::fuzz
