// Package secrets keeps credentials in Secrets Manager, the only place where
// they are kept. A secret is immutable: new credentials get a new name. No
// error or log of this package holds what is in a secret.
package secrets

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/setup"
)

const (
	// callTimeout bounds one call with the SDK's own retries.
	callTimeout = 5 * time.Second
	// cacheFor is how long a deleted secret may still be used by a process
	// that has it; what is in a secret never changes.
	cacheFor = 5 * time.Minute
	// cacheSize bounds the memory of a process that serves many accounts.
	cacheSize = 256
)

// Store keeps credentials. It is safe for concurrent use.
type Store struct {
	client *secretsmanager.Client

	mu    sync.Mutex
	cache map[string]cached // by ARN; guarded by mu
}

type cached struct {
	creds psa.Credentials
	until time.Time
}

var _ setup.Secrets = (*Store)(nil)

// New makes a Store.
func New(client *secretsmanager.Client) *Store {
	return &Store{client: client, cache: map[string]cached{}}
}

// Create implements setup.Secrets. A name that is taken by other credentials
// is psa.ErrConflict.
func (s *Store) Create(ctx context.Context, name string, creds psa.Credentials) (arn string, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	value, err := json.Marshal(creds) //nolint:gosec // this is where the keys belong
	if err != nil {
		return "", errors.New("create secret: the credentials have no JSON form")
	}
	out, err := s.client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{
		Name: &name, SecretString: aws.String(string(value)), ClientRequestToken: tokenOf(name),
		Description: aws.String("ConnectWise API keys of a psabridge connection"),
		Tags:        []types.Tag{{Key: aws.String("application"), Value: aws.String("psabridge")}},
	})
	if _, exists := errors.AsType[*types.ResourceExistsException](err); exists {
		return s.created(ctx, name, creds)
	}
	if err != nil {
		return "", fmt.Errorf("create secret %s: %w", name, err)
	}
	return aws.ToString(out.ARN), nil
}

// tokenOf makes a repeated creation of a name the same request.
func tokenOf(name string) *string {
	sum := sha256.Sum256([]byte("psabridge\x00" + name))
	return aws.String(hex.EncodeToString(sum[:16]))
}

// created is the ARN of a secret that is there already, if it is the same.
func (s *Store) created(ctx context.Context, name string, creds psa.Credentials) (string, error) {
	arn, stored, err := s.read(ctx, name)
	if err != nil {
		return "", fmt.Errorf("create secret: it exists: %w", err)
	}
	if stored != creds {
		return "", fmt.Errorf("create secret %s: it holds something else: %w", name, psa.ErrConflict)
	}
	return arn, nil
}

// Get implements setup.Secrets. A secret that does not exist is
// psa.ErrNotFound.
func (s *Store) Get(ctx context.Context, arn string) (psa.Credentials, error) {
	if creds, ok := s.remembered(arn); ok {
		return creds, nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, creds, err := s.read(ctx, arn)
	if err != nil {
		return psa.Credentials{}, fmt.Errorf("get secret: %w", err)
	}
	s.remember(arn, creds)
	return creds, nil
}

func (s *Store) read(ctx context.Context, nameOrARN string) (arn string, creds psa.Credentials, err error) {
	out, err := s.client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &nameOrARN})
	if _, missing := errors.AsType[*types.ResourceNotFoundException](err); missing {
		return "", creds, fmt.Errorf("secret %s: %w", nameOrARN, psa.ErrNotFound)
	}
	if err != nil {
		return "", creds, fmt.Errorf("secret %s: %w", nameOrARN, err)
	}
	if json.Unmarshal([]byte(aws.ToString(out.SecretString)), &creds) != nil {
		// The decoder's error could quote the secret.
		return "", psa.Credentials{}, fmt.Errorf("secret %s holds no credentials: %w", nameOrARN, psa.ErrInvalid)
	}
	return aws.ToString(out.ARN), creds, nil
}

func (s *Store) remembered(arn string) (psa.Credentials, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.cache[arn]
	return c.creds, ok && time.Now().Before(c.until)
}

func (s *Store) remember(arn string, creds psa.Credentials) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.cache) >= cacheSize {
		clear(s.cache)
	}
	s.cache[arn] = cached{creds: creds, until: time.Now().Add(cacheFor)}
}

func (s *Store) forget(nameOrARN string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for arn := range s.cache {
		if strings.Contains(arn, nameOrARN) {
			delete(s.cache, arn)
		}
	}
}

// Delete implements setup.Secrets.
func (s *Store) Delete(ctx context.Context, nameOrARN string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	s.forget(nameOrARN)
	_, err := s.client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{
		SecretId: &nameOrARN, ForceDeleteWithoutRecovery: aws.Bool(true),
	})
	var missing *types.ResourceNotFoundException
	if err != nil && !errors.As(err, &missing) {
		return fmt.Errorf("delete secret %s: %w", nameOrARN, err)
	}
	return nil
}
