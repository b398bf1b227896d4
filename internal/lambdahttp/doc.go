// Package lambdahttp lets a net/http handler answer an API Gateway HTTP API
// (payload format 2.0). It is a translation and nothing else: no routing, no
// authorisation, no retries.
//
// What API Gateway does before us, and what follows from it here:
//   - rawPath arrives decoded, so it becomes URL.Path as it is and is never
//     decoded a second time.
//   - A named stage stands in front of rawPath and is removed.
//   - Cookies are apart from the headers and are joined again.
//   - Repeated request headers are joined by commas already; repeated response
//     headers must be joined by us, but Set-Cookie, which has its own list.
//   - A response above 6 MB would be dropped by Lambda as a bare 500, so that
//     is answered as a problem instead.
package lambdahttp
