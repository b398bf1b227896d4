package cwsim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Server is a simulator that listens.
type Server struct {
	// URL is where it is reached, such as http://127.0.0.1:34567.
	URL  string
	http *http.Server
	done chan error
}

// Start listens on a loopback address such as 127.0.0.1:0 and refuses any other, since what it serves has known keys.
func (s *Simulator) Start(addr string) (*Server, error) {
	if err := loopback(addr); err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("start the simulator: %w", err)
	}
	srv := &Server{
		URL: "http://" + l.Addr().String(), done: make(chan error, 1),
		http: &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second},
	}
	s.mu.Lock()
	if s.url == "" {
		s.url = srv.URL
	}
	s.mu.Unlock()
	go func() { srv.done <- srv.http.Serve(l) }()
	return srv, nil
}

func loopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("start the simulator: address %q: %w", addr, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("start the simulator: %q is not a loopback address", host)
	}
	return nil
}

// Close stops the server: it waits a second for requests that are running, then cuts them.
func (s *Server) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	if served := <-s.done; err == nil && !errors.Is(served, http.ErrServerClosed) {
		err = served
	}
	if err != nil {
		return fmt.Errorf("close the simulator: %w", err)
	}
	return nil
}
