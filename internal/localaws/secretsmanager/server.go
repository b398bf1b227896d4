package secretsmanager

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/psabridge/psabridge/internal/localaws/awsjson"
)

// suffixLength is that of the random end of a secret's ARN.
const suffixLength = 6

// Server is an http.Handler that answers as Secrets Manager does. It is safe
// for concurrent use.
type Server struct {
	region, account, path string
	service               awsjson.Service

	mu    sync.Mutex
	state state
	saved []byte // the state as in the file
}

// Open returns a server of the secrets in a file, which the first write makes.
// With an empty path the secrets are in memory only.
func Open(region, account, path string) (*Server, error) {
	st, saved, err := load(path)
	if err != nil {
		return nil, err
	}
	s := &Server{region: region, account: account, path: path, state: st, saved: saved}
	s.service = awsjson.Service{
		Target: "secretsmanager", Version: "1.1",
		Operations: map[string]awsjson.Operation{
			"CreateSecret":   awsjson.Op(write(s, s.create)),
			"PutSecretValue": awsjson.Op(write(s, s.put)),
			"DeleteSecret":   awsjson.Op(write(s, s.delete)),
			"RestoreSecret":  awsjson.Op(write(s, s.restore)),
			"TagResource":    awsjson.Op(write(s, s.tag)),
			"UntagResource":  awsjson.Op(write(s, s.untag)),
			"GetSecretValue": awsjson.Op(read(s, s.get)),
			"DescribeSecret": awsjson.Op(read(s, s.describe)),
			"ListSecrets":    awsjson.Op(read(s, s.list)),
		},
	}
	return s, nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.service.ServeHTTP(w, r) }

// commit saves the state after a change, or goes back to what is saved.
func (s *Server) commit(err error) error {
	var b []byte
	if err == nil {
		b, err = json.Marshal(s.state)
	}
	if err == nil {
		err = save(s.path, b)
	}
	if err == nil {
		s.saved = b
		return nil
	}
	before, errDecode := decode(s.saved)
	if errDecode != nil {
		return fmt.Errorf("go back after %w: %w", err, errDecode)
	}
	s.state = before
	return err
}

// newARN makes an ARN as AWS does: a secret made anew has another.
func (s *Server) newARN(name string) string {
	return strings.Join([]string{
		"arn:aws:secretsmanager", s.region, s.account, "secret", name + "-" + rand.Text()[:suffixLength],
	}, ":")
}

func errNotFound() error {
	return &awsjson.Error{
		Type: "ResourceNotFoundException", Message: "Secrets Manager can't find the specified secret.",
	}
}

func errNoVersion() error {
	return &awsjson.Error{
		Type: "ResourceNotFoundException", Message: "Secrets Manager can't find the specified secret value.",
	}
}

func errExists(text string) error {
	return &awsjson.Error{Type: "ResourceExistsException", Message: text}
}

func errRequest(text string) error {
	return &awsjson.Error{Type: "InvalidRequestException", Message: text}
}

func errParameter(text string) error {
	return &awsjson.Error{Type: "InvalidParameterException", Message: text}
}
