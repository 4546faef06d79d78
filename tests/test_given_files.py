"""What a reader gives arrives."""

from __future__ import annotations

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from dashboard import given_files


@pytest.mark.parametrize("part", [None, ["a part of the page"]])
def test_where_a_file_goes_is_said_even_where_the_page_is_drawn_anew_in_that_moment(part: list[str] | None) -> None:
    given_files.keep_their_addresses()
    given_files.keep_their_addresses()  # at every run of the page
    queue = ForwardMsgQueue()
    drawn, answer = ForwardMsg(), ForwardMsg()
    drawn.delta.new_element.markdown.body = "before"
    drawn.delta.fragment_id = "a part of the page"
    answer.file_urls_response.response_id = "1"
    queue.enqueue(drawn)
    queue.enqueue(answer)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=part)
    assert queue.flush() == [answer]
    assert queue.is_empty()
