package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/psabridge/psabridge/internal/localaws"
	"github.com/psabridge/psabridge/internal/localaws/eventbridge"
	"github.com/psabridge/psabridge/internal/localaws/host/template"
)

const (
	deliverTimeout = 10 * time.Second
	retryWait      = time.Minute // before an asynchronous invocation is tried again; twice that the next time
)

// ErrNoRule means that no schedule has this name.
var ErrNoRule = errors.New("there is no such schedule")

// startSchedules lets every enabled schedule tick.
func (h *Host) startSchedules(ctx context.Context) {
	for _, r := range h.template.Rules {
		if r.Rate == 0 || !r.Enabled || h.config.NoSchedules {
			continue
		}
		h.spawn(func() { h.tick(ctx, r) })
	}
}

func (h *Host) tick(ctx context.Context, r template.Rule) {
	if h.config.FireAtOnce {
		h.fireRule(ctx, r)
	}
	t := time.NewTicker(h.scaled(r.Rate))
	defer t.Stop()
	for {
		select {
		case <-t.C:
			h.fireRule(ctx, r)
		case <-ctx.Done():
			return
		}
	}
}

func (h *Host) scaled(d time.Duration) time.Duration {
	return max(time.Duration(float64(d)/h.config.Speed), time.Millisecond)
}

// Fire has a schedule fire now. id is the rule's logical id or, for an event
// of a function, the function's and the event's together ("UsageTick"). It
// returns when the event has been handed over: sent to a queue, or begun as
// an asynchronous invocation.
func (h *Host) Fire(ctx context.Context, id string) error {
	for _, r := range h.template.Rules {
		if r.ID == id && r.Rate > 0 {
			return h.deliverAll(ctx, r)
		}
	}
	return fmt.Errorf("fire %s: %w", id, ErrNoRule)
}

func (h *Host) fireRule(ctx context.Context, r template.Rule) {
	if err := h.deliverAll(ctx, r); err != nil && ctx.Err() == nil {
		h.config.Logger.Error("a schedule could not be delivered", "rule", r.Name, "error", err)
	}
}

func (h *Host) deliverAll(ctx context.Context, r template.Rule) error {
	event, err := scheduledEvent(r)
	if err != nil {
		return err
	}
	var errs []error
	for _, t := range r.Targets {
		errs = append(errs, h.deliver(ctx, t, event))
	}
	return errors.Join(errs...)
}

// scheduledEvent is what a target without an Input gets.
func scheduledEvent(r template.Rule) ([]byte, error) {
	source := "aws.events"
	if r.Scheduler {
		source = "aws.scheduler"
	}
	return json.Marshal(map[string]any{
		"version": "0", "id": newID(), "detail-type": "Scheduled Event", "source": source,
		"account": localaws.AccountID, "time": time.Now().UTC().Format(time.RFC3339),
		"region": localaws.Region, "resources": []string{r.ARN}, "detail": map[string]any{},
	})
}

// deliver hands an event to one target.
func (h *Host) deliver(ctx context.Context, t template.Target, event []byte) error {
	body, err := targetInput(t, event)
	if err != nil {
		return err
	}
	if f, ok := h.template.FunctionByARN(t.ARN); ok {
		h.invokeAsync(f.ID, t.Retries, body)
		return nil
	}
	q, ok := h.template.QueueByARN(t.ARN)
	if !ok {
		return fmt.Errorf("there is no target %s", t.ARN)
	}
	return h.send(ctx, q, t.MessageGroup, string(body))
}

// targetInput applies Input and InputPath.
func targetInput(t template.Target, event []byte) ([]byte, error) {
	switch {
	case t.Input != nil:
		return []byte(*t.Input), nil
	case t.InputPath == "$.detail":
		var e struct {
			Detail json.RawMessage `json:"detail"`
		}
		err := json.Unmarshal(event, &e)
		return e.Detail, err
	default:
		return event, nil
	}
}

func (h *Host) send(ctx context.Context, q template.Queue, group, body string) error {
	ctx, cancel := context.WithTimeout(ctx, deliverTimeout)
	defer cancel()
	url := h.queueURL(q.Name)
	in := &sqs.SendMessageInput{QueueUrl: &url, MessageBody: &body}
	if group != "" {
		in.MessageGroupId = &group
	}
	_, err := h.sqs.SendMessage(ctx, in)
	if err != nil {
		return fmt.Errorf("send to %s: %w", q.Name, err)
	}
	return nil
}

// invokeAsync begins an asynchronous invocation, which is tried again after
// one and two minutes if the function fails.
func (h *Host) invokeAsync(id string, retries int, event []byte) {
	h.spawn(func() {
		for attempt := 0; ; attempt++ {
			_, err := h.invoke(h.ctx, id, event)
			if err == nil || h.ctx.Err() != nil {
				return
			}
			if attempt == retries {
				h.config.Logger.Error("an asynchronous invocation was given up", "function", id, "attempts", attempt+1)
				return
			}
			h.pause(h.scaled(retryWait << attempt))
		}
	})
}

func (h *Host) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-h.ctx.Done():
	}
}

// setRules gives buses and rules with patterns to EventBridge.
func (h *Host) setRules() error {
	byBus := map[string][]eventbridge.Rule{}
	for _, b := range h.template.Buses {
		byBus[b.Name] = nil
	}
	for _, r := range h.template.Rules {
		if r.Rate > 0 || !r.Enabled {
			continue
		}
		pattern, err := eventbridge.ParsePattern(r.Pattern)
		if err != nil {
			return fmt.Errorf("the pattern of %s: %w", r.ID, err)
		}
		byBus[r.Bus] = append(byBus[r.Bus], eventbridge.Rule{Name: r.Name, Pattern: pattern, Targets: h.ruleTargets(r)})
	}
	buses := make([]eventbridge.Bus, 0, len(byBus))
	for name, rules := range byBus {
		buses = append(buses, eventbridge.Bus{Name: name, Rules: rules})
	}
	h.config.EventBridge.SetBuses(buses)
	return nil
}

func (h *Host) ruleTargets(r template.Rule) []eventbridge.Target {
	out := make([]eventbridge.Target, len(r.Targets))
	for i, t := range r.Targets {
		out[i] = eventbridge.Target{Deliver: func(ctx context.Context, body []byte) error {
			return h.deliver(ctx, t, body)
		}}
	}
	return out
}
