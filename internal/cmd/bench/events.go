package main

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // what SQS answers with
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// benchToken is in the callback URL of the deliveries.
const benchToken = "bench-token"

// lambdaWorld stands in for what is around the receiver: the Lambda runtime,
// which hands it deliveries one after the other, the table, which knows one
// connection, and the queue. It keeps what the queue has taken and what the
// receiver has acknowledged.
type lambdaWorld struct {
	events int
	// fault says what goes wrong with the nth call to the table or queue,
	// counted from 1; nil is nothing.
	fault func(call int) fault

	mu       sync.Mutex // guards the rest
	next     int
	calls    int
	queued   map[int]bool
	statuses map[int]int // by delivery
	pid      int
	warm     time.Duration // what the process had used after warmEvents
	done     chan struct{}
}

// fault is what happens to a call.
type fault int

const (
	passed   fault = iota
	failed         // an error, and nothing is done
	slowDown       // the service asks to slow down
	cut            // the connection breaks, and nothing is done
	cutAfter       // it is done, and then the connection breaks
)

func newLambdaWorld(events int, faults func(int) fault) *lambdaWorld {
	return &lambdaWorld{events: events, fault: faults, queued: map[int]bool{}, statuses: map[int]int{}, done: make(chan struct{})}
}

func (w *lambdaWorld) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/invocation/next"):
		w.poll(rw, r)
	case strings.HasSuffix(r.URL.Path, "/response"), strings.HasSuffix(r.URL.Path, "/error"):
		w.answer(rw, r)
	default:
		w.service(rw, r)
	}
}

// poll hands out the next delivery, and waits once there is none.
func (w *lambdaWorld) poll(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.next++
	id := w.next
	if id == warmEvents+1 {
		w.warm, _ = processorTime(w.pid) // if it cannot be had, outcome says so
	}
	w.mu.Unlock()
	if id > w.events {
		close(w.done)
		<-r.Context().Done()
		return
	}
	rw.Header().Set("Lambda-Runtime-Aws-Request-Id", strconv.Itoa(id))
	rw.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(5*time.Second).UnixMilli(), 10))
	event, err := json.Marshal(delivery(id))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_, _ = rw.Write(event) // a receiver that has gone is noticed by its answer
}

// delivery is an HTTP API request of the size that ConnectWise sends.
func delivery(id int) map[string]any {
	entity := strings.Repeat(`{\"id\":1,\"name\":\"A company of some length\"},`, 40)
	body := fmt.Sprintf(`{"Action":"updated","CallbackObjectRecId":1,"CompanyId":"bench","Entity":"%s","FromUrl":"na.myconnectwise.net","ID":%d,`+
		`"MemberId":"m","MessageId":"%d","Metadata":{"key_url":"https://na.myconnectwise.net/v1//system/callbackkey/index.rails?companyName=bench&id=k"},`+
		`"Type":"company"}`, entity, id, id)
	return map[string]any{
		"version": "2.0", "routeKey": "POST /callbacks/{connectionId}/{token}", "rawQueryString": "recordId=" + strconv.Itoa(id) + "&action=updated",
		"headers":        map[string]string{"content-type": "application/json", "x-content-signature": "c2lnbmF0dXJl"},
		"pathParameters": map[string]string{"connectionId": "conn", "token": benchToken},
		"requestContext": map[string]any{"requestId": "r" + strconv.Itoa(id)}, "body": body,
	}
}

func (w *lambdaWorld) answer(rw http.ResponseWriter, r *http.Request) {
	parts := strings.Split(r.URL.Path, "/")
	id, _ := strconv.Atoi(parts[len(parts)-2])
	var resp struct {
		StatusCode int `json:"statusCode"`
	}
	_ = json.NewDecoder(r.Body).Decode(&resp) // an error of the function's is status 0
	w.mu.Lock()
	w.statuses[id] = resp.StatusCode
	w.mu.Unlock()
	rw.WriteHeader(http.StatusAccepted)
}

// service is the table and the queue.
func (w *lambdaWorld) service(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	w.mu.Lock()
	w.calls++
	f := passed
	if w.fault != nil {
		f = w.fault(w.calls)
	}
	w.mu.Unlock()
	switch f {
	case cut:
		panic(http.ErrAbortHandler)
	case failed:
		rw.WriteHeader(http.StatusInternalServerError)
		return
	case slowDown:
		rw.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(rw, `{"__type":"ThrottlingException"}`)
		return
	}
	out := item()
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), "SendMessage") {
		out = w.enqueue(body)
	}
	if f == cutAfter {
		panic(http.ErrAbortHandler)
	}
	rw.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_, _ = rw.Write(out)
}

// item is the connection as the table has it.
func item() []byte {
	hash := sha256.Sum256([]byte(benchToken))
	return fmt.Appendf(nil, `{"Item":{"pk":{"S":"c#conn"},"sk":{"S":"callback"},"v":{"N":"1"},"account":{"S":"bench"},"generation":{"N":"1"},`+
		`"companyId":{"S":"bench"},"hashes":{"L":[{"S":%q}]}}}`, hex.EncodeToString(hash[:]))
}

func (w *lambdaWorld) enqueue(body []byte) []byte {
	var in struct {
		MessageBody string `json:"MessageBody"`
	}
	var envelope struct {
		Body []byte `json:"body"`
	}
	var sent struct {
		ID int `json:"ID"`
	}
	if json.Unmarshal(body, &in) != nil || json.Unmarshal([]byte(in.MessageBody), &envelope) != nil || json.Unmarshal(envelope.Body, &sent) != nil {
		return []byte(`{}`)
	}
	w.mu.Lock()
	w.queued[sent.ID] = true
	w.mu.Unlock()
	sum := md5.Sum([]byte(in.MessageBody)) //nolint:gosec // what SQS answers with
	return fmt.Appendf(nil, `{"MessageId":"m","MD5OfMessageBody":%q}`, hex.EncodeToString(sum[:]))
}

// received is what became of the deliveries.
type received struct {
	acknowledged, lost int
	cpu                time.Duration // of the process, for what came after warmEvents
	memory             int64
}

// deliver runs the function until it has answered every delivery.
func deliver(ctx context.Context, bin string, w *lambdaWorld) (received, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return received{}, err
	}
	srv := &http.Server{ReadHeaderTimeout: time.Second, Handler: w}
	go func() { _ = srv.Serve(l) }() // ends with Close
	defer srv.Close()                //nolint:errcheck // nothing is lost with it
	base := "http://" + l.Addr().String()
	cmd := exec.CommandContext(ctx, bin)
	cmd.Env = append(functionEnv(l.Addr().String()),
		"CALLBACK_QUEUE_URL="+base+"/queue", "AWS_ENDPOINT_URL_DYNAMODB="+base, "AWS_ENDPOINT_URL_SQS="+base)
	cmd.Stdout = io.Discard // what it logs of the faults
	cmd.Stderr = os.Stderr
	w.mu.Lock()
	err = cmd.Start()
	if err == nil {
		w.pid = cmd.Process.Pid
	}
	w.mu.Unlock()
	if err != nil {
		return received{}, fmt.Errorf("start %s: %w", bin, err)
	}
	defer func() { _ = cmd.Wait() }() // killed below
	defer func() { _ = cmd.Process.Kill() }()
	select {
	case <-w.done:
	case <-ctx.Done():
		return received{}, fmt.Errorf("deliveries of %s: %w", bin, ctx.Err())
	}
	return w.outcome()
}

func (w *lambdaWorld) outcome() (received, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	cpu, err := processorTime(w.pid)
	if err != nil {
		return received{}, err
	}
	memory, err := peakMemory(w.pid)
	if err != nil {
		return received{}, err
	}
	out := received{cpu: cpu - w.warm, memory: memory}
	for id, status := range w.statuses {
		if status < 200 || status > 299 {
			continue
		}
		out.acknowledged++
		if !w.queued[id] {
			out.lost++
		}
	}
	return out, nil
}

// processorTime is what all threads of a process have used; 0 where there is
// no /proc.
func processorTime(pid int) (time.Duration, error) {
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, t := range threads {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/schedstat", pid, t.Name()))
		if err != nil {
			continue // a thread that has ended meanwhile
		}
		ns, err := strconv.ParseInt(string(bytes.Fields(data)[0]), 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(ns)
	}
	return sum, nil
}
