package cwsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// apiError is a refusal in ConnectWise's shape.
type apiError struct {
	status  int
	Code    string       `json:"code"`
	Message string       `json:"message"`
	Errors  []validation `json:"errors,omitempty"`
}

// validation is one nested error of a refused body.
type validation struct {
	Code     string `json:"code"`
	Message  string `json:"message"`
	Resource string `json:"resource"`
	Field    string `json:"field"`
}

func (e *apiError) Error() string { return e.Code + ": " + e.Message }

func refuse(status int, code, format string, args ...any) *apiError {
	return &apiError{status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

func conditionError(message string) error {
	return &apiError{status: http.StatusBadRequest, Code: "ApiFindCondition", Message: message}
}

func unrecognized(name string) error { return conditionError(name + " is not a recognized name.") }

func noEndpoint() *apiError {
	return refuse(http.StatusNotFound, "ConnectWiseApi", "The endpoint does not exist.")
}

func notFound(e *entity, id int) *apiError {
	return refuse(http.StatusNotFound, "NotFound", "%s %d not found", e.label, id)
}

func forbidden() *apiError {
	return refuse(http.StatusForbidden, "Security", "You do not have security permission to perform this action.")
}

func invalid(e *entity, list ...validation) *apiError {
	for i := range list {
		list[i].Resource = e.object
	}
	return &apiError{status: http.StatusBadRequest, Code: "InvalidObject", Message: e.object + " object is invalid", Errors: list}
}

// response is an answer before it is written, so that faults can act on it.
type response struct {
	status int
	header http.Header
	body   []byte
}

func (r response) with(name, value string) response {
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header.Set(name, value)
	return r
}

func jsonResponse(status int, body []byte) response {
	return response{status: status, body: body}.with("Content-Type", "application/json; charset=utf-8")
}

func jsonValue(status int, v any) response {
	body, err := json.Marshal(v)
	if err != nil {
		return errorResponse(err)
	}
	return jsonResponse(status, body)
}

func htmlResponse(status int, title string) response {
	page := fmt.Sprintf("<!DOCTYPE html>\n<html><head><title>%[1]s</title></head><body><center><h1>%[1]s</h1></center></body></html>\n", title)
	return response{status: status, body: []byte(page)}.with("Content-Type", "text/html; charset=utf-8")
}

func errorResponse(err error) response {
	var api *apiError
	if !errors.As(err, &api) {
		api = refuse(http.StatusInternalServerError, "ConnectWiseApi", "%s", err.Error())
	}
	return jsonValue(api.status, api)
}
