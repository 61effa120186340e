"""The three workflows of the page, with the model's answers made up and the week in between skipped."""

from app.steps.drafts import publish_draft, refine_draft
from app.steps.generate_draft import generate_draft, summarize_draft
from app.workflows.ai_content_workflow import ai_content_workflow
from app.workflows.ai_refine import ai_refine_workflow
from app.workflows.approval import Approval, ai_approval_workflow
from wfc.testing import Environment


def test_a_draft_is_summarized(wfc_env: Environment) -> None:
    """A summary that fails is tried again; the draft is written once."""
    answers = iter([Exception("the provider is busy"), "short"])

    def summarize(draft: str) -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    drafts = wfc_env.replace(generate_draft, returns="a long draft")
    wfc_env.replace(summarize_draft, summarize)
    assert wfc_env.run(ai_content_workflow, topic="tests") == {"draft": "a long draft", "summary": "short"}
    assert drafts.calls == [{"topic": "tests"}]


def test_a_draft_is_refined_after_a_week(wfc_env: Environment) -> None:
    """Nothing is refined before the seven days have passed."""
    refined = wfc_env.replace(refine_draft, lambda draft, notes=None: "better")
    run = wfc_env.start(ai_refine_workflow, draft_id="draft-123")
    wfc_env.advance("6 days 23 hours")
    assert refined.count == 0
    wfc_env.advance("1 hour")
    assert run.result() == {"draft_id": "draft-123", "refined": "better"}


def test_a_draft_is_published_once_it_is_approved(wfc_env: Environment) -> None:
    """Changes are made and published for as long as the reviewer asks for them."""
    wfc_env.replace(refine_draft, lambda draft, notes: f"{draft}, {notes}")
    published = wfc_env.replace(publish_draft, returns="https://blog.example/tests")
    wfc_env.replace(generate_draft, returns="draft")
    run = wfc_env.start(ai_approval_workflow, topic="tests")
    wfc_env.resume("draft-123", Approval(decision="changes", notes="shorter"))
    wfc_env.resume("draft-123", Approval(decision="approved"))
    run.result()
    assert [call["draft"] for call in published.calls] == ["draft, shorter", "draft"]
