package sqs

import (
	"context"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/psabridge/psabridge/internal/localaws/awsjson"
)

// Server is an http.Handler that answers as SQS does. It is safe for
// concurrent use.
type Server struct {
	region, account string
	service         awsjson.Service

	mu     sync.Mutex
	queues map[string]*queue // by name
}

// New returns a server without queues.
func New(region, account string) *Server {
	s := &Server{region: region, account: account, queues: map[string]*queue{}}
	s.service = awsjson.Service{
		Target: "AmazonSQS", Version: "1.0", ErrorNamespace: "com.amazonaws.sqs#",
		Operations: map[string]awsjson.Operation{
			"CreateQueue":                  s.createQueue,
			"GetQueueUrl":                  s.getQueueURL,
			"ListQueues":                   s.listQueues,
			"DeleteQueue":                  awsjson.Op(s.deleteQueue),
			"GetQueueAttributes":           awsjson.Op(s.getQueueAttributes),
			"SetQueueAttributes":           awsjson.Op(s.setQueueAttributes),
			"PurgeQueue":                   awsjson.Op(s.purgeQueue),
			"SendMessage":                  awsjson.Op(s.sendMessage),
			"SendMessageBatch":             awsjson.Op(s.sendMessageBatch),
			"ReceiveMessage":               awsjson.Op(s.receiveMessage),
			"DeleteMessage":                awsjson.Op(s.deleteMessage),
			"DeleteMessageBatch":           awsjson.Op(s.deleteMessageBatch),
			"ChangeMessageVisibility":      awsjson.Op(s.changeMessageVisibility),
			"ChangeMessageVisibilityBatch": awsjson.Op(s.changeMessageVisibilityBatch),
		},
	}
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.service.ServeHTTP(w, r) }

// Send puts a message on the queue of an ARN, as other AWS services do.
func (s *Server) Send(arn, body string) error {
	q := s.byARN(arn)
	if q == nil {
		return errNoQueue()
	}
	m, err := newMessage(q, sendEntry{MessageBody: body})
	if err != nil {
		return err
	}
	q.put(m, nil)
	return nil
}

// arn returns the ARN of a queue's name.
func (s *Server) arn(name string) string {
	return strings.Join([]string{"arn:aws:sqs", s.region, s.account, name}, ":")
}

func (s *Server) byARN(arn string) *queue {
	name, ok := strings.CutPrefix(arn, s.arn(""))
	if !ok {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queues[name]
}

// byURL finds a queue by its URL. As in the SDKs, which send a request to
// their endpoint whatever the URL says, only the path counts.
func (s *Server) byURL(url string) (*queue, error) {
	if url == "" {
		return nil, errMissing("QueueUrl")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if q := s.queues[path.Base(url)]; q != nil {
		return q, nil
	}
	return nil, errNoQueue()
}

func (s *Server) url(r *http.Request, name string) string {
	return "http://" + r.Host + "/" + s.account + "/" + name
}

type (
	empty       struct{}
	queueURL    struct{ QueueUrl string }
	queueName   struct{ QueueName string }
	createInput struct {
		QueueName  string
		Attributes map[string]string
	}
)

// validName allows the names of standard queues and of a batch's entries.
func validName(name string) bool {
	return len(name) > 0 && len(name) <= 80 && !strings.ContainsFunc(name, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_')
	})
}

func (s *Server) createQueue(r *http.Request, body []byte) (any, error) {
	return awsjson.Op(func(_ context.Context, in createInput) (queueURL, error) {
		if !validName(in.QueueName) {
			return queueURL{}, errValue("The queue's name is not one of a standard queue.")
		}
		want, err := defaults().with(in.Attributes)
		if err != nil {
			return queueURL{}, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		old := s.queues[in.QueueName]
		if old == nil {
			s.queues[in.QueueName] = newQueue(in.QueueName, s.arn(in.QueueName), want)
		} else if differs(old.get().text, in.Attributes) {
			return queueURL{}, errNameExists()
		}
		return queueURL{QueueUrl: s.url(r, in.QueueName)}, nil
	})(r, body)
}

// differs reports whether a queue has other values than those asked for.
func differs(has, asked map[string]string) bool {
	for name, value := range asked {
		if has[name] != value {
			return true
		}
	}
	return false
}

func (s *Server) getQueueURL(r *http.Request, body []byte) (any, error) {
	return awsjson.Op(func(_ context.Context, in queueName) (queueURL, error) {
		_, err := s.byURL(in.QueueName)
		return queueURL{QueueUrl: s.url(r, in.QueueName)}, err
	})(r, body)
}

type (
	listInput  struct{ QueueNamePrefix string }
	listOutput struct {
		QueueUrls []string `json:",omitempty"`
	}
)

func (s *Server) listQueues(r *http.Request, body []byte) (any, error) {
	return awsjson.Op(func(_ context.Context, in listInput) (out listOutput, _ error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, name := range slices.Sorted(maps.Keys(s.queues)) {
			if strings.HasPrefix(name, in.QueueNamePrefix) {
				out.QueueUrls = append(out.QueueUrls, s.url(r, name))
			}
		}
		return out, nil
	})(r, body)
}

func (s *Server) deleteQueue(_ context.Context, in queueURL) (empty, error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return empty{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.queues, q.name)
	return empty{}, nil
}

func (s *Server) purgeQueue(_ context.Context, in queueURL) (empty, error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return empty{}, err
	}
	q.purge()
	return empty{}, nil
}

type attributesInput struct {
	QueueUrl       string
	AttributeNames []string
}

type attributesOutput struct{ Attributes map[string]string }

func (s *Server) getQueueAttributes(_ context.Context, in attributesInput) (attributesOutput, error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return attributesOutput{}, err
	}
	all := maps.Clone(q.get().text)
	visible, inFlight, delayed := q.counts()
	all["ApproximateNumberOfMessages"] = strconv.Itoa(visible)
	all["ApproximateNumberOfMessagesNotVisible"] = strconv.Itoa(inFlight)
	all["ApproximateNumberOfMessagesDelayed"] = strconv.Itoa(delayed)
	all["QueueArn"] = q.arn
	all["CreatedTimestamp"] = strconv.FormatInt(q.created.Unix(), 10)
	if !slices.Contains(in.AttributeNames, "All") {
		maps.DeleteFunc(all, func(name, _ string) bool { return !slices.Contains(in.AttributeNames, name) })
	}
	return attributesOutput{Attributes: all}, nil
}

type setInput struct {
	QueueUrl   string
	Attributes map[string]string
}

func (s *Server) setQueueAttributes(_ context.Context, in setInput) (empty, error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return empty{}, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	changed, err := q.settings.with(in.Attributes)
	if err != nil {
		return empty{}, err
	}
	q.settings = changed
	return empty{}, nil
}
