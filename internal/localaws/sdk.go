package localaws

import (
	"context"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

const (
	// Region is the region that the local services say they are in.
	Region = "us-east-1"
	// AccountID is the account that owns everything local.
	AccountID = "000000000000"
	// AccessKeyID is the name in the credentials for local services, which
	// take any.
	AccessKeyID = "local"
	// SecretAccessKey is the secret in them.
	SecretAccessKey = "local"
)

// Endpoints are the addresses of services, such as "http://127.0.0.1:8000".
// An empty one leaves the SDK's own.
type Endpoints struct {
	DynamoDB, SQS, SecretsManager, EventBridge string
}

// Env returns the environment that leads any AWS SDK to the services.
func (s *Services) Env() map[string]string {
	env := map[string]string{
		"AWS_ENDPOINT_URL_DYNAMODB":        s.Endpoints.DynamoDB,
		"AWS_ENDPOINT_URL_SQS":             s.Endpoints.SQS,
		"AWS_ENDPOINT_URL_SECRETS_MANAGER": s.Endpoints.SecretsManager,
		"AWS_ENDPOINT_URL_EVENTBRIDGE":     s.Endpoints.EventBridge,
	}
	maps.DeleteFunc(env, func(_, url string) bool { return url == "" })
	return env
}

// AWSConfig returns a configuration for SDK clients of the services.
func (s *Services) AWSConfig() aws.Config { return s.Endpoints.AWSConfig() }

// AWSConfig returns a configuration for SDK clients of the endpoints. It
// retries as often as the SDK does, with shorter waits.
func (e Endpoints) AWSConfig() aws.Config {
	return aws.Config{
		Region:        Region,
		Credentials:   credentials.NewStaticCredentialsProvider(AccessKeyID, SecretAccessKey, ""),
		ConfigSources: []any{serviceEndpoints{e}},
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxBackoff = 20 * time.Millisecond
			})
		},
	}
}

// serviceEndpoints gives the SDK an address by service, as its environment
// variables do.
type serviceEndpoints struct{ Endpoints }

// GetServiceBaseEndpoint is what the SDK asks its configuration sources for.
func (e serviceEndpoints) GetServiceBaseEndpoint(_ context.Context, sdkID string) (string, bool, error) {
	url := map[string]string{
		"DynamoDB": e.DynamoDB, "SQS": e.SQS, "Secrets Manager": e.SecretsManager, "EventBridge": e.EventBridge,
	}[sdkID]
	return url, url != "", nil
}
