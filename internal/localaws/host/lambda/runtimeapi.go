package lambda

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

const apiPrefix = "/2018-06-01/runtime/"

// routes is the Runtime API of one process, and its door to everything else.
func (p *Process) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+apiPrefix+"invocation/next", p.next)
	mux.HandleFunc("POST "+apiPrefix+"invocation/{id}/response", p.response)
	mux.HandleFunc("POST "+apiPrefix+"invocation/{id}/error", p.failed)
	mux.HandleFunc("POST "+apiPrefix+"init/error", p.initFailed)
	if p.function.config.Door != nil {
		mux.Handle("/", p.function.config.Door(p))
	}
	return mux
}

// next blocks until there is work.
func (p *Process) next(w http.ResponseWriter, r *http.Request) {
	p.askOnce.Do(func() { close(p.asked) })
	var inv *invocation
	select {
	case inv = <-p.work:
	case <-p.dead:
		return
	case <-r.Context().Done():
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(p.function.config.Timeout).UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", p.function.config.ARN)
	h.Set("Lambda-Runtime-Trace-Id", inv.trace)
	_, _ = w.Write(inv.payload) // a process that is gone fails the invocation in await
}

// take returns the invocation in flight if it has this id.
func (p *Process) take(id string) *invocation {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == nil || p.current.id != id {
		return nil
	}
	inv := p.current
	p.current = nil
	return inv
}

func (p *Process) response(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxResponse))
	inv := p.take(r.PathValue("id"))
	if inv == nil {
		refuse(w, http.StatusBadRequest, "InvalidRequestID")
		return
	}
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		inv.finish(failure("Function.ResponseSizeTooLarge",
			"Response payload size exceeded maximum allowed payload size (%d bytes).", MaxResponse))
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge")
		return
	}
	// A handler that fails while its answer is being read says so in a trailer.
	if kind := r.Trailer.Get("Lambda-Runtime-Function-Error-Type"); err != nil || kind != "" {
		inv.finish(failure(kind, "the function failed while it answered"))
		w.WriteHeader(http.StatusAccepted)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	inv.finish(Result{Payload: body})
}

func (p *Process) failed(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxResponse))
	inv := p.take(r.PathValue("id"))
	if inv == nil || err != nil {
		refuse(w, http.StatusBadRequest, "InvalidRequestID")
		return
	}
	w.WriteHeader(http.StatusAccepted)
	inv.finish(Result{Payload: body, Failed: true})
}

// initFailed: the process ends itself next, which fails the invocation that
// it was started for.
func (p *Process) initFailed(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxResponse))
	if err == nil {
		p.function.config.Logger.Warn("a function did not start", "function", p.function.config.Name, "error", errorType(body))
	}
	w.WriteHeader(http.StatusAccepted)
}

func refuse(w http.ResponseWriter, status int, kind string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"errorType":"`+kind+`"}`) // the caller may be gone
}
