// Package httpapi is the JSON API under /v1: operations, who may call them,
// and the OpenAPI document that describes them. It turns requests into calls
// of the core and the core's errors into problem documents, and decides
// nothing else.
//
// Who calls comes from the token that API Gateway verified, and the account
// from nowhere but there. An end customer's token is answered as if there were
// nothing here.
//
// Only this package knows huma.
package httpapi
