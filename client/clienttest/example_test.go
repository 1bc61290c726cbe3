package clienttest_test

import (
	"context"
	"fmt"

	"example.org/hub/client"
	"example.org/hub/client/clienttest"
)

// orders is a service under test.
type orders struct{ hub *client.Publisher }

func (o *orders) pay(ctx context.Context, user string, number int) error {
	_, err := o.hub.SendToUser(ctx, user, client.Message{Event: "orderPaid", Data: map[string]int{"order": number}})
	return err
}

func Example() {
	hub := clienttest.NewHub()
	defer hub.Close()
	publisher := hub.Publisher()
	defer publisher.Close()

	service := &orders{hub: publisher}
	hub.RefuseNext(503, 0) // the service must not mind
	if err := service.pay(context.Background(), "alice", 17); err != nil {
		fmt.Println(err)
	}
	for _, m := range hub.Messages() {
		fmt.Println(m)
	}
	// Output: user/alice orderPaid {"order":17}
}
